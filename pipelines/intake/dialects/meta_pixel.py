"""What Meta is told: Conversions API events of the server, and hits of the image pixel as the site's proxy wrote them down.

A hit is `{"received_at", "url", "ip", "user_agent"}`; its event stands in the parameters of the address `/tr?id=…&ev=…`.
Whom an event names and whether it may be kept is asked later.
"""

from __future__ import annotations

from collections.abc import Callable

from pipelines.intake import treatments
from pipelines.intake.dialects import urls
from pipelines.intake.dialects.dialect import Dialect, Inside, Texts

_PATH = "/tr/?"
_PARAMETERS = {
    "event_name": "ev",
    "event_id": "eid",
    "event_source_url": "dl",
    "user_data.em": "ud[em]",
    "user_data.ph": "ud[ph]",
    "user_data.external_id": "ud[external_id]",
    "custom_data.value": "cd[value]",
    "custom_data.currency": "cd[currency]",
    "custom_data.content_ids": "cd[content_ids]",
    "data_processing_options": "dpo",
}
# What else a hit says, and nobody needs: the page before, the screen, cookies, names of products, how the script was made.
_LEFT = (
    *(
        "id",
        "rl",
        "if",
        "ts",
        "sw",
        "sh",
        "v",
        "r",
        "a",
        "ec",
        "o",
        "fbp",
        "fbc",
        "ler",
        "it",
        "coo",
        "rqm",
        "dpoco",
        "dpost",
    ),
    *("ud[fn]", "ud[ln]", "ud[ct]", "ud[st]", "ud[zp]", "ud[country]", "ud[ge]", "ud[db]", "cd[content_type]"),
    *("cd[content_name]", "cd[content_category]", "cd[contents]", "cd[num_items]", "cd[order_id]", "cd[search_string]"),
    *("cd[status]", "cd[predicted_ltv]", "cdl", "cs_est", "cs_cc", "est", "exp", "plt", "tm"),
)


def _hit(at: Texts) -> str:
    """The parameters of a hit; nothing that has a name, where a row is none."""
    return urls.parameters(at("url"), path=_PATH)


def _told(path: str) -> Callable[[Texts], str]:
    """A field of the row itself, or of a hit's parameters."""
    return lambda at: f"coalesce({urls.value(_hit(at), _PARAMETERS[path])}, {at(path)})"


def _told_by(at: Texts) -> str:
    """Who told of the event; an address that is no hit's is left as it is, and is neither."""
    is_hit = urls.is_on(at("url"), path=_PATH)
    return f"case when {at('url')} is null then 'server' when {is_hit} then 'browser' else {at('url')} end"


def _event_time(at: Texts) -> str:
    """Seconds since 1970: stated, or a hit's own milliseconds, or else when the hit was received."""
    stated = f"regexp_replace({urls.value(_hit(at), 'ts')}, '^(\\d{{10}})\\d{{3}}$', '\\1')"
    received = f"(epoch({treatments.timestamp(at('received_at'))})::bigint)::varchar"
    return f"coalesce({stated}, {at('event_time')}, case when {at('url')} is not null then {received} end)"


def _action_source(at: Texts) -> str:
    """A hit can only come from a website."""
    return f"coalesce({at('action_source')}, case when {at('url')} is not null then 'website' end)"


def _course(at: Texts) -> str:
    """The first of the products that an event is about."""
    listed = _told("custom_data.content_ids")(at)
    first = f"json_extract_string(case when json_valid({listed}) then {listed} end, '$[0]')"
    return f"case when starts_with({listed}, '[') then {first} else {listed} end"


def _is_limited(at: Texts) -> str:
    """Whether the use of the data was limited: by LDU, or by an option that nobody here knows yet."""
    options = _told("data_processing_options")(at)
    return f"(regexp_replace({options}, '[\\[\\]\"\\s]', '', 'g') <> '')::varchar"


DIALECT = Dialect(
    makes={
        **{path: _told(path) for path in _PARAMETERS},
        "event_time": _event_time,
        "told_by": _told_by,
        "action_source": _action_source,
        "custom_data.content_ids": _course,
        "custom_data.currency": lambda at: f"upper({_told('custom_data.currency')(at)})",
        "data_processing_options": _is_limited,
    },
    reads=(*_PARAMETERS, "event_time", "action_source"),
    inside=Inside(
        path="url",
        names=lambda at: urls.names(_hit(at)),
        known=frozenset(each for name in (*_PARAMETERS.values(), *_LEFT) for each in urls.spellings(name)),
    ),
)
