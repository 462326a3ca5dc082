{#- Tests of partitioned models look at the partitions that were built and no others, so that a day's cost does not grow with history. -#}
{% macro get_where_subquery(relation) -%}
    {%- if config.get('where') == 'partition is built' -%}
        (select * from {{ built_partitions_of(relation) }}) as built_partitions
    {%- else -%}
        {{ default__get_where_subquery(relation) }}
    {%- endif -%}
{%- endmacro %}
