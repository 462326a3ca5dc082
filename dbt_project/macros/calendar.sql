{#-
  The calendar of Asia/Jakarta, which has no summer time. Days are dates, instants are UTC. Every expression here means the
  same in DuckDB and in Spark; months as text are in instants.sql, where the two differ.
-#}

{#- The instant against which windows, weeks and months are over. -#}
{% macro as_of() -%}
    cast('{{ var("as_of") }}' as timestamp)
{%- endmacro %}

{#- The day of an instant. -#}
{% macro jakarta_date(instant) -%}
    cast({{ instant }} + interval '7' hour as date)
{%- endmacro %}

{#- The month of a day as text, YYYY-MM. -#}
{% macro month_of(day) -%}
    substring(cast({{ day }} as varchar(10)), 1, 7)
{%- endmacro %}

{#- The Monday on or before a day. -#}
{% macro first_of_week(day) -%}
    cast(date_trunc('week', {{ day }}) as date)
{%- endmacro %}

{#- The first of a day's month. -#}
{% macro first_of_month(day) -%}
    cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{#- The first of the month after that of a day. -#}
{% macro first_of_next_month(day) -%}
    cast(date_trunc('month', {{ day }}) + interval '1' month as date)
{%- endmacro %}

{#- The instant at which a day begins. -#}
{% macro day_starts_at(day) -%}
    (cast({{ day }} as timestamp) - interval '7' hour)
{%- endmacro %}

{#- The instant at which a month, written YYYY-MM, is over. -#}
{% macro month_ends_at(month) -%}
    (cast(cast({{ month }} || '-01' as date) + interval '1' month as timestamp) - interval '7' hour)
{%- endmacro %}
