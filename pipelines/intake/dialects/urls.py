"""SQL over addresses with parameters: which parameters there are, and what one of them says.

Everything is built of functions that the engine computes once per row, however many parameters are asked for. What an
address means to a tool is in its own dialect.
"""

from __future__ import annotations

_START = "^(?:https?://[^/?#]+)?"


def is_on(address: str, *, path: str) -> str:
    """SQL: whether an address with parameters is on a path (a regular expression), on whatever host."""
    return f"regexp_matches({address}, '{_START}{path}\\?')"


def parameters(address: str, *, path: str) -> str:
    """SQL: the list of `name=value` of an address on a path; one empty text on another path."""
    return f"string_split(regexp_extract({address}, '{_START}{path}\\?([^#]*)', 1), '&')"


def names(parameters: str) -> str:
    """SQL: the names in a list of parameters, as they are written."""
    return f"list_transform({parameters}, lambda each: split_part(each, '=', 1))"


def spellings(name: str) -> tuple[str, ...]:
    """Return how the name of a parameter can be written: its brackets plain or encoded."""
    return tuple(dict.fromkeys((name, name.replace("[", "%5B").replace("]", "%5D"))))


def value(parameters: str, name: str) -> str:
    """SQL: what a parameter says, decoded; as it is where it is encoded badly, NULL where it is empty or not there."""
    places = [f"nullif(list_position({names(parameters)}, '{each}'), 0)" for each in spellings(name)]
    place = f"coalesce({', '.join(places)})" if len(places) > 1 else places[0]
    whole = f"{parameters}[{place}]"
    written = f"substr({whole}, strpos({whole} || '=', '=') + 1)"
    return f"nullif(coalesce(try(url_decode({written})), {written}), '')"
