{#-
  Writes a model as Parquet partitions, `<facts_root>/<model>/<unit>=<value>/part.parquet`, for the chunks of var `chunks` only,
  and leaves a view over all partitions. The model reads `first_day()` and `last_day()`; a partition's rows must not depend on
  the chunk that it is built in.

  config:
    sort_by          columns by which a partition is sorted
    partition_by     the unit and column of a partition: `dt`, a day (unless told), or `month`, written YYYY-MM
    made_of          the datasets whose changed days are built ([web_events] unless told)
    days_after       how many days after a changed day change with it (0 unless told)
-#}
{% materialization partitioned, adapter="duckdb" %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set unit = config.get('partition_by', 'dt') -%}
    {%- set folder = var('facts_root') ~ '/' ~ this.identifier -%}
    {%- set chunk_relation = api.Relation.create(
        database=target.database, schema='intermediate', identifier=this.identifier ~ '__chunk', type='table'
    ) -%}
    {%- set chunks = chunks_of(unit, config.get('made_of', ['web_events'])) -%}

    {{ run_hooks(pre_hooks) }}
    {%- do get_assert_columns_equivalent(sql) -%}
    {%- do run_query('create schema if not exists ' ~ chunk_relation.without_identifier()) -%}
    {%- do adapter.commit() -%}

    {%- for chunk in chunks %}
        {%- call statement('chunk') -%}
            set variable first_day = date '{{ chunk.first }}';
            set variable last_day = date '{{ chunk.last }}' + {{ config.get('days_after', 0) }};
            create or replace table {{ chunk_relation }} as {{ sql }}
        {%- endcall -%}
        {%- do adapter.commit() -%}
        {%- do adapter.store_relation('facts', chunk_relation, [], folder, 'parquet', {
            'unit': unit,
            'first_day': chunk.first,
            'last_day': chunk.last,
            'days_after': config.get('days_after', 0),
            'sort_by': config.get('sort_by'),
        }) -%}
    {%- endfor -%}
    {%- do run_query('drop table if exists ' ~ chunk_relation) -%}
    {%- do adapter.commit() -%}

    {%- set pattern = folder ~ '/' ~ unit ~ '=*/part.parquet' -%}
    {%- set files = run_query("select file from glob('" ~ adapter.escape_sql_string(pattern) ~ "')").columns[0].values() -%}
    {%- call statement('built_partitions') -%}
        create or replace view {{ built_partitions_of(this) }} as {{ partitions_query(unit, files_within(unit, chunks, files)) }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {%- call statement('main') -%}
        create or replace view {{ target_relation }} as {{ partitions_query(unit, [pattern] if files else []) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The chunks of these datasets that are being built, each once. -#}
{% macro chunks_of(unit, datasets) -%}
    {%- set found = [] -%}
    {%- for dataset in datasets -%}
        {%- do found.extend(var('chunks').get(dataset, {}).get(unit, [])) -%}
    {%- endfor -%}
    {{ return(found | unique(attribute='first') | list) }}
{%- endmacro %}

{#- The partitions of these files (or patterns) with the contract's columns; no rows of these types where there is none. -#}
{% macro partitions_query(unit, files) -%}
    select
    {%- for column in model.columns.values() %}
        {{ 'cast(null as ' ~ column.data_type ~ ') as ' if not files }}{{ column.name }},
    {%- endfor %}
    {%- if not files %}
    where false
    {%- else %}
    from read_parquet(
        [{% for file in files %}'{{ adapter.escape_sql_string(file) }}'{{ ', ' if not loop.last }}{% endfor %}],
        encryption_config = {footer_key: 'warehouse_v1'},
        hive_partitioning = true,
        hive_types = {'{{ unit }}': {{ 'date' if unit == 'dt' else 'varchar' }}}
    )
    {%- endif %}
{%- endmacro %}

{#- A partitioned model's view of what this build built, for its tests: to list all partitions would take longer with each day. -#}
{% macro built_partitions_of(relation) -%}
    {{ api.Relation.create(
        database=target.database, schema='intermediate', identifier=relation.identifier ~ '__built', type='view'
    ) }}
{%- endmacro %}

{% macro files_within(unit, chunks, files) -%}
    {%- set found = [] -%}
    {%- for file in files -%}
        {%- set value = modules.re.search(unit ~ '=([0-9-]+)', file).group(1) -%}
        {%- for chunk in chunks if chunk.first[:value | length] <= value <= chunk.last[:value | length] -%}
            {%- do found.append(file) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
