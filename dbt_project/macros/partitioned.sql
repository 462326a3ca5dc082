{#-
  Writes a model as Parquet partitions, `<facts_root>/<model>/dt=YYYY-MM-DD/part.parquet`, for the days of var `chunks` only,
  and leaves a view over all partitions. The model reads `first_day()` and `last_day()`; a day's rows must not depend on the
  chunk that it is built in.

  config:
    sort_by          columns by which a partition is sorted
    days_after       how many days after a changed day change with it (0 unless told)
-#}
{% materialization partitioned, adapter="duckdb" %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set folder = var('facts_root') ~ '/' ~ this.identifier -%}
    {%- set chunk_relation = api.Relation.create(
        database=target.database, schema='intermediate', identifier=this.identifier ~ '__chunk', type='table'
    ) -%}

    {{ run_hooks(pre_hooks) }}
    {%- do get_assert_columns_equivalent(sql) -%}
    {%- do run_query('create schema if not exists ' ~ chunk_relation.without_identifier()) -%}
    {%- do adapter.commit() -%}

    {%- for chunk in var('chunks') %}
        {%- call statement('chunk') -%}
            set variable first_day = date '{{ chunk.first }}';
            set variable last_day = date '{{ chunk.last }}' + {{ config.get('days_after', 0) }};
            create or replace table {{ chunk_relation }} as {{ sql }}
        {%- endcall -%}
        {%- do adapter.commit() -%}
        {%- do adapter.store_relation('facts', chunk_relation, [], folder, 'parquet', {
            'first_day': chunk.first,
            'last_day': chunk.last,
            'days_after': config.get('days_after', 0),
            'sort_by': config.get('sort_by'),
        }) -%}
    {%- endfor -%}
    {%- do run_query('drop table if exists ' ~ chunk_relation) -%}
    {%- do adapter.commit() -%}

    {%- set pattern = folder ~ '/dt=*/part.parquet' -%}
    {%- set files = run_query("select file from glob('" ~ adapter.escape_sql_string(pattern) ~ "')").columns[0].values() -%}
    {%- call statement('built_days') -%}
        create or replace view {{ built_days_of(this) }} as {{ partitions_query(files_of_built_days(files)) }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {%- call statement('main') -%}
        create or replace view {{ target_relation }} as {{ partitions_query([pattern] if files else []) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The partitions of these files (or patterns) with the contract's columns; no rows of these types where there is none. -#}
{% macro partitions_query(files) -%}
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
        hive_types = {'dt': date}
    )
    {%- endif %}
{%- endmacro %}

{#- A partitioned model's view of the days of this build, for its tests: to list all partitions would take longer with each day. -#}
{% macro built_days_of(relation) -%}
    {{ api.Relation.create(
        database=target.database, schema='intermediate', identifier=relation.identifier ~ '__built_days', type='view'
    ) }}
{%- endmacro %}

{% macro files_of_built_days(files) -%}
    {%- set found = [] -%}
    {%- for file in files -%}
        {%- set day = modules.re.search('dt=([0-9-]+)', file).group(1) -%}
        {%- for chunk in var('chunks') if chunk.first <= day <= chunk.last -%}
            {%- do found.append(file) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
