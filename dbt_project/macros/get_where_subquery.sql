{#- Tests of partitioned models look at the days that were built and no others, so that a day's cost does not grow with history. -#}
{% macro get_where_subquery(relation) -%}
    {%- if config.get('where') == 'dt in built days' -%}
        (select * from {{ built_days_of(relation) }}) as built_days
    {%- else -%}
        {{ default__get_where_subquery(relation) }}
    {%- endif -%}
{%- endmacro %}
