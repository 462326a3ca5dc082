"""What becomes of a field before it is stored, as SQL. Here: one expression a treatment. Not here: which field gets which.

Each function takes the SQL of a trimmed text value (`s`, never empty) and returns the SQL of what may be stored; a value
that the treatment cannot make safe becomes NULL, and the caller counts it.
"""

from __future__ import annotations

JAKARTA_OFFSET_HOURS = 7  # Asia/Jakarta has had no other offset since 1964

_TIMESTAMP = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?\s?(Z|z|[+-]\d\d(:?\d\d)?)?$"
_OFFSET = r":\d\d(\.\d+)?\s?(Z|z|[+-]\d\d(:?\d\d)?)$"
_IPV4_OCTET = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
_NO_LABEL = r"[@{}<>\[\]\\\x00-\x1f]|\d{9}|%40"
_SEGMENT = r"[A-Za-z0-9._~-]{0,80}"
# Six digits in a row may be a phone, an order or an account; sixteen hexadecimal ones a token or a hash.
_TELLING = r"\d{6}|[0-9a-fA-F]{16}"
MASKED_SEGMENT = ":masked"


def timestamp(s: str) -> str:
    """UTC instant without zone; text without an offset is Asia/Jakarta, text that is no ISO 8601 instant is NULL."""
    return (
        f"case when not regexp_matches({s}, '{_TIMESTAMP}') then null "
        f"when {has_offset(s)} then try_cast({s} as timestamptz)::timestamp "
        f"else try_cast({s} as timestamp) - interval {JAKARTA_OFFSET_HOURS} hours end"
    )


def has_offset(s: str) -> str:
    """Whether the text of an instant states its offset."""
    return f"case when ends_with({s}, 'Z') then true else regexp_matches({s}, '{_OFFSET}') end"


def integer(s: str) -> str:
    """A whole number; text such as `1.5` is NULL, not rounded."""
    return f"case when regexp_full_match({s}, '[+-]?\\d{{1,18}}') then try_cast({s} as bigint) end"


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
    return f"case when regexp_full_match({s}, '\\d{{4}}-\\d\\d-\\d\\d') then try_cast({s} as date) end"


def partial_date(s: str) -> str:
    """A day, a month or a year, kept as its text."""
    pattern = r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?"
    return f"case when regexp_full_match({s}, '{pattern}') then {s} end"


def label(s: str) -> str:
    """Text that reads like a label: at most 100 characters, no address sign, no markup, no run of nine digits."""
    return f"case when length({s}) <= 100 and not regexp_matches({s}, '{_NO_LABEL}') then {s} end"


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


def url_path(s: str) -> str:
    """The path of a URL; segments that are not plain, or look like a number or token of a person, are masked."""
    whole = f"split_part(split_part({s}, '?', 1), '#', 1)"
    after = f"substr({whole}, strpos({whole}, '//') + 2)"
    path = (
        f"case when not contains({whole}, '//') or regexp_matches({whole}, '^/[^/]') then {whole} "
        f"when contains({after}, '/') then substr({after}, strpos({after}, '/')) else '' end"
    )
    masked = (
        f"array_to_string(list_transform(string_split({path}, '/'), lambda segment: case "
        f"when regexp_full_match(segment, '{_SEGMENT}') and not regexp_matches(segment, '{_TELLING}') "
        f"then segment else '{MASKED_SEGMENT}' end), '/')"
    )
    return (
        f"case when {path} in ('', '/') then '/' "
        f"when regexp_full_match({path}, '(/{_SEGMENT})+') and not regexp_matches({path}, '{_TELLING}') "
        f"then left({path}, 300) else left({masked}, 300) end"
    )


def url_host(s: str) -> str:
    """The host name of a URL, lower-cased; an address that bears a user name has none."""
    authority = f"split_part(split_part(split_part({s}, '://', 2), '/', 1), '?', 1)"
    host = f"lower(split_part({authority}, ':', 1))"
    return f"case when regexp_full_match({host}, '[a-z0-9.-]+') and length({host}) <= 253 then {host} end"
