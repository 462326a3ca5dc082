"""What becomes of a field before it is stored, where that is SQL. Not here: mapping per distinct value (`operators`).

Each function takes the SQL of a text value (`s`, NULL where it was empty) and returns the SQL of what may be stored; a value
that the treatment cannot make safe becomes NULL, and the caller counts it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

JAKARTA_OFFSET_HOURS = 7  # Asia/Jakarta has had no other offset since 1964

_YEAR = r"(19\d\d|[2-8]\d{3}|9[0-8]\d\d|99[0-8]\d|999[0-8])"
_ZONE = r"(Z|z|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
_USUAL = rf"^{_YEAR}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)$"
_LOCAL = rf"^{_YEAR}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?$"
_TIMESTAMP = rf"^{_YEAR}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?\s?{_ZONE}?$"
_NO_SECONDS = r"^(.{10}[Tt ]\d\d:\d\d)(Z|z|[+-].*)?$"
_OFFSET = rf":\d\d([.,]\d+)?\s?{_ZONE}$"
# A SHA-256, or what somebody forgot to hash; a long run of hexadecimal digits is no id, but a hash that was cut.
_HASH = r"regexp_full_match(each, '\s*[0-9A-Fa-f]{64}\s*')"
_NAMES = {
    "hashed_email": rf"{_HASH} or regexp_full_match(each, '\s*[^@\s]{{1,64}}@[^@\s]{{1,255}}\s*')",
    "hashed_phone": rf"{_HASH} or regexp_full_match(each, '[\s()+./0-9-]{{8,30}}')",
    "external_id": rf"{_HASH} or (length(each) <= 200 and not regexp_matches(each, '^[\[{{]|^\s*[0-9A-Fa-f]{{33,}}\s*$'))",
}
_IPV4_OCTET = r"(25[0-5]|2[0-4]\d|1?\d?\d)"


def jakarta_day(instant: datetime) -> date:
    """Return the day of an aware instant, as the lake's days are counted."""
    return (instant.astimezone(UTC) + timedelta(hours=JAKARTA_OFFSET_HOURS)).date()


def timestamp(s: str) -> str:
    """UTC instant without zone; text without an offset is Asia/Jakarta.

    Text that is no ISO 8601 instant of the years 1900 to 9998 is NULL: further out, calendars and libraries disagree.
    """
    # The engine wants seconds, a point and no blank before the offset; ISO 8601 and its habits do not.
    closed_up = f"regexp_replace(replace(upper({s}), ',', '.'), '\\s([+-])', '\\1')"
    spelled_out = f"regexp_replace({closed_up}, '{_NO_SECONDS}', '\\1:00\\2')"
    return (
        f"case when regexp_matches({s}, '{_USUAL}') then try_cast({s} as timestamptz)::timestamp "
        f"when regexp_matches({s}, '{_LOCAL}') then {_jakarta(s)} "
        f"when not regexp_matches({s}, '{_TIMESTAMP}') then null "
        f"when {has_offset(s)} then try_cast({spelled_out} as timestamptz)::timestamp "
        f"else {_jakarta(spelled_out)} end"
    )


def unix_seconds(s: str) -> str:
    """UTC instant without zone from whole seconds since 1970, of the years 2000 to 2099; a fraction is cut off."""
    whole = f"regexp_extract({s}, '^(\\d{{9,10}})(\\.\\d+)?$', 1)"
    limits = "between 946684800 and 4102444799"
    seconds = f"try_cast({whole} as bigint)"
    return f"case when {seconds} {limits} then make_timestamp({seconds} * 1000000) end"


def has_offset(s: str) -> str:
    """Whether the text of an instant states its offset."""
    return f"case when ends_with({s}, 'Z') then true else regexp_matches({s}, '{_OFFSET}') end"


def integer(s: str, *, sql_type: str = "BIGINT") -> str:
    """A whole number of the type; text such as `1.5` is NULL, not rounded, and so is what the type cannot hold."""
    return f"case when regexp_full_match({s}, '[+-]?\\d{{1,18}}') then try_cast({s} as {sql_type}) end"


def number(s: str) -> str:
    """A finite number."""
    return f"case when isfinite(try_cast({s} as double)) then try_cast({s} as double) end"


def boolean(s: str) -> str:
    """True or false, as JSON, CSV and databases write them."""
    return (
        f"case when lower({s}) in ('true', '1', 't', 'yes') then true "
        f"when lower({s}) in ('false', '0', 'f', 'no') then false end"
    )


def calendar_date(s: str) -> str:
    """A day."""
    return f"case when regexp_full_match({s}, '(19|20)\\d\\d-\\d\\d-\\d\\d') then try_cast({s} as date) end"


def partial_date(s: str) -> str:
    """A day, a month or a year, kept as its text."""
    pattern = r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
    return f"case when regexp_full_match({s}, '{pattern}') then {s} end"


def named(s: str, *, kind: str) -> str:
    """What of a text, or of a JSON list of texts, can be somebody's identifier: joined by `chr(31)`, in its order."""
    return f"nullif(array_to_string({_usable(s, kind)}, chr(31)), '')"


def is_misspelt(s: str, *, kind: str) -> str:
    """Whether a text, or one of a JSON list of texts, can be nobody's identifier."""
    return f"coalesce(len({_usable(s, kind)}), -1) <> coalesce(len({_listed(s)}), -2) and {s} is not null"


def _jakarta(s: str) -> str:
    return f"try_cast({s} as timestamp) - interval {JAKARTA_OFFSET_HOURS} hours"


def _listed(s: str) -> str:
    return (
        f"case when starts_with({s}, '[') then json_extract_string(case when json_valid({s}) then {s} end, '$[*]') "
        f"else [{s}] end"
    )


def _usable(s: str, kind: str) -> str:
    return f"list_filter({_listed(s)}, lambda each: {_NAMES[kind]})"


def keyed(s: str, *, key: str, family: str) -> str:
    """64 bits of SHA-256 over key, family and value, as BIGINT.

    A secret prefix is sound here because three quarters of the digest are withheld (no length extension).
    """
    digest = f"sha256({key} || '{family}:' || {s})"
    return f"(('0x' || substr({digest}, 1, 16))::ubigint::hugeint - 9223372036854775808)::bigint"


def ipv4_network(s: str) -> str:
    """The /24 of an IPv4 address; anything else is NULL."""
    pattern = rf"{_IPV4_OCTET}(\.{_IPV4_OCTET}){{3}}"
    return f"case when regexp_full_match({s}, '{pattern}') then regexp_extract({s}, '^(.*)\\.', 1) || '.0/24' end"
