{#-
  Which site a host or a campaign's source is. The sites stand in `channel_sites` (dbt_project.yml), our own in the register of
  traffic (data_contracts/traffic.yaml); what a channel is stands in fct_sessions.
-#}

{#-
  Whether a source is a listed site of a kind. `dotted` is the source between two dots: a listed name is one of its labels
  (google: google, google.com, www.google.co.id), one with a dot is the whole of it (t.me).
-#}
{% macro is_site(dotted, kind) -%}
    {%- set tests = [] -%}
    {%- for name in var('channel_sites')[kind] -%}
        {%- set match = "= '." ~ name ~ ".'" if '.' in name else "like '%." ~ name ~ ".%'" -%}
        {%- do tests.append(dotted ~ ' ' ~ match) -%}
    {%- endfor -%}
    ({{ tests | join(' or ') }})
{%- endmacro %}

{#- Whether a host is one of our own sites or below it. -#}
{% macro is_own_site(host) -%}
    {%- set tests = ['false'] -%}
    {%- for site in var('own_sites') -%}
        {%- do tests.append(host ~ " = '" ~ site ~ "' or " ~ host ~ " like '%." ~ site ~ "'") -%}
    {%- endfor -%}
    ({{ tests | join(' or ') }})
{%- endmacro %}
