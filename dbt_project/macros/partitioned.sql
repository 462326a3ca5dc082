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

    {%- call statement('main') -%}
        create or replace view {{ target_relation }} as {{ partitions_query(folder) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- All partitions with the contract's columns, or no rows of these types where there is no partition. -#}
{% macro partitions_query(folder) -%}
    {%- set pattern = folder ~ '/dt=*/part.parquet' -%}
    {%- set found = run_query("select count(*) from glob('" ~ adapter.escape_sql_string(pattern) ~ "')") -%}
    {%- set is_empty = found.columns[0].values()[0] == 0 -%}
    select
    {%- for column in model.columns.values() %}
        {{ 'cast(null as ' ~ column.data_type ~ ') as ' if is_empty }}{{ column.name }},
    {%- endfor %}
    {%- if is_empty %}
    where false
    {%- else %}
    from read_parquet(
        '{{ adapter.escape_sql_string(pattern) }}',
        encryption_config = {footer_key: 'warehouse_v1'},
        hive_partitioning = true,
        hive_types = {'dt': date}
    )
    {%- endif %}
{%- endmacro %}
