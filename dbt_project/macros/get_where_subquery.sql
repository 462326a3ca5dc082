{#- Tests of partitioned models look at the days that were built and no others, so that a day's cost does not grow with history. -#}
{% macro get_where_subquery(relation) -%}
    {%- if config.get('where') == 'dt in built days' -%}
        (
            select * from {{ relation }}
            where false
            {%- for chunk in var('chunks') %}
                or dt between date '{{ chunk.first }}' and date '{{ chunk.last }}'
            {%- endfor %}
        ) as built_days
    {%- else -%}
        {{ default__get_where_subquery(relation) }}
    {%- endif -%}
{%- endmacro %}
