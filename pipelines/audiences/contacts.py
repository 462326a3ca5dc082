"""What may be sent of a person's e-mail and phone: their normal forms and the unkeyed hashes of these, in memory only.

An unkeyed hash leads to whoever has the address (it is personal data), so nothing here is written, logged or kept. Whom to
send, and to which recipient, does not belong here.
"""

from __future__ import annotations

from enum import StrEnum

import phonenumbers
import polars as pl
import polars_hash as plh

from pipelines.identity import normal_forms

PEOPLE: dict[str, type[pl.DataType]] = {"subject": pl.Int64, "email": pl.String, "phone": pl.String}

_HOME = "62"
_INVISIBLE = r"\p{Cf}"
_PLUS = r"^\(?\+"
_PHONE = r"^\(?\+?[0-9\s().\-/\p{Pd}]+$"
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_IS_HOME = pl.col("digits").str.contains(f"^{_HOME}[1-9]").fill_null(value=False)


class Spelling(StrEnum):
    """How a recipient wants a phone number spelt before it is hashed."""

    DIGITS = "digits"
    """E.164 without its plus: Meta, TikTok."""
    E164 = "e164"
    """With its plus: Google."""


class UnknownColumns(ValueError):
    """A frame of people lacks a column or has one of another type; the message names columns, never a value."""


def sendable(people: pl.DataFrame, *, spelling: Spelling = Spelling.DIGITS) -> pl.DataFrame:
    """Return `subject`, the normal `email` and `phone`, and their `email_sha256` and `phone_sha256` in lower-case hex.

    One row per row of `people` (`subject` Int64, `email` and `phone` String as people wrote them), in its order; NULL where
    nothing usable is left, so that nobody is reached by somebody else's address. `phone` is the digits of E.164 without
    its plus, whichever spelling is hashed. Raises UnknownColumns.
    """
    if wrong := sorted(name for name, kind in PEOPLE.items() if people.schema.get(name) != kind):
        message = f"people are a frame of {sorted(PEOPLE)}; missing or of another type: {wrong}"
        raise UnknownColumns(message)
    plus = "+" if spelling is Spelling.E164 else ""
    normal = people.select("subject", emails(people["email"]).alias("email"), phones(people["phone"]).alias("phone"))
    hashed = normal.with_columns(email_sha256="email", phone_sha256=pl.concat_str(pl.lit(plus), "phone"))
    return hashed.with_columns(plh.col("email_sha256", "phone_sha256").chash.sha2_256())


def emails(written: pl.Series) -> pl.Series:
    """Return each address trimmed and in lower case (NFKC), NULL where it is no address."""
    seen = written.rename("value").to_frame().select(pl.col("value").str.replace_all(_INVISIBLE, ""))
    normal = seen.select(normal_forms.email(pl.col("value")))
    return normal.select(pl.when(pl.col("value").str.contains(_EMAIL)).then("value")).to_series()


def phones(written: pl.Series) -> pl.Series:
    """Return the digits of each E.164 number without its plus, NULL where it is none or the library holds it impossible.

    Indonesian are `0812…`, `812…`, `62812…`, `+62…`, `+62 (0)…` and `0062…`, however grouped. Digits that begin otherwise
    need a plus or 00 to be a number of another country. A letter makes it none: an O is not taken for a zero.
    """
    distinct = written.rename("value").unique().to_frame()
    digits = distinct.with_columns(_digits(pl.col("value")).alias("digits"))
    judged = pl.concat([_at_home(digits.filter(_IS_HOME)), _abroad(digits.filter(~_IS_HOME))])
    return written.rename("value").to_frame().join(judged, on="value", how="left", maintain_order="left")["digits"]


def _digits(value: pl.Expr) -> pl.Expr:
    """What follows the plus; NULL where that cannot be told."""
    text = value.str.normalize("NFKC").str.replace_all(_INVISIBLE, "").str.strip_chars()
    bare = text.str.replace_all("[^0-9]", "")
    return (
        pl.when(~text.str.contains(_PHONE))
        .then(None)
        .when(text.str.contains(_PLUS))
        .then(bare)
        .when(bare.str.contains(f"^(?:0|8|{_HOME})"))
        .then(normal_forms.phone(bare))
    )


def _at_home(numbers: pl.DataFrame) -> pl.DataFrame:
    """Keep the possible ones: within one country the library asks for the length alone, so one number of each is judged."""
    of_each_length = numbers.group_by(pl.col("digits").str.len_bytes().alias("length")).agg(pl.col("digits").first())
    possible = [length for length, digits in of_each_length.iter_rows() if _e164(digits) == digits]
    return numbers.filter(pl.col("digits").str.len_bytes().is_in(possible))


def _abroad(numbers: pl.DataFrame) -> pl.DataFrame:
    found = [_e164(digits) for digits in numbers["digits"].to_list()]
    return numbers.with_columns(digits=pl.Series(found, dtype=pl.String))


def _e164(digits: str) -> str | None:
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
