{#- The days that are being built; the `partitioned` materialization sets them for each chunk, as variables of the session. -#}
{% macro first_day() -%}
    {{ return(adapter.dispatch('first_day')()) }}
{%- endmacro %}

{% macro default__first_day() -%}
    cast(first_day as date)
{%- endmacro %}

{% macro duckdb__first_day() -%}
    cast(getvariable('first_day') as date)
{%- endmacro %}

{% macro last_day() -%}
    {{ return(adapter.dispatch('last_day')()) }}
{%- endmacro %}

{% macro default__last_day() -%}
    cast(last_day as date)
{%- endmacro %}

{% macro duckdb__last_day() -%}
    cast(getvariable('last_day') as date)
{%- endmacro %}

{#- Seconds since 1970 as a number. -#}
{% macro epoch_seconds(instant) -%}
    {{ return(adapter.dispatch('epoch_seconds')(instant)) }}
{%- endmacro %}

{% macro default__epoch_seconds(instant) -%}
    unix_timestamp({{ instant }})
{%- endmacro %}

{% macro duckdb__epoch_seconds(instant) -%}
    epoch({{ instant }})
{%- endmacro %}

{#- The calendar month (YYYY-MM) of an instant in Asia/Jakarta, which has no summer time. -#}
{% macro jakarta_month(instant) -%}
    {{ return(adapter.dispatch('jakarta_month')(instant)) }}
{%- endmacro %}

{% macro default__jakarta_month(instant) -%}
    date_format({{ instant }} + interval '7' hour, 'yyyy-MM')
{%- endmacro %}

{% macro duckdb__jakarta_month(instant) -%}
    strftime({{ instant }} + interval '7' hour, '%Y-%m')
{%- endmacro %}
