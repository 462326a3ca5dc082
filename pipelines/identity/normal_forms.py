"""The one spelling of an identifier under which it is looked up, vectorised. Keys and hashes do not belong here."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from pipelines.identity.errors import UnknownKind

_INVISIBLE = r"\p{Cf}"
_PLUS = r"^\(?\+"


def with_normal_form(identifiers: pl.DataFrame) -> pl.DataFrame:
    """Add `normal` to a frame of `kind` and `value`; NULL where nothing usable is left.

    Raises UnknownKind for a kind without a rule.
    """
    kinds = sorted(identifiers["kind"].unique().to_list(), key=str)
    if unknown := [kind for kind in kinds if kind not in _RULES]:
        message = f"no normal form for the identifier kinds {list(map(str, unknown))}: known are {sorted(_RULES)}"
        raise UnknownKind(message)
    # A rule costs as much on rows of another kind as on its own.
    rules = [pl.when(pl.col("kind") == kind).then(_RULES[kind](pl.col("value"))) for kind in kinds]
    found = identifiers.with_columns(normal=pl.coalesce(rules) if rules else pl.lit(None, dtype=pl.String))
    return found.with_columns(normal=pl.when(pl.col("normal").str.len_bytes() > 0).then("normal"))


def email(value: pl.Expr) -> pl.Expr:
    """NFKC, lower case, trimmed, without what nobody sees."""
    return _nfkc(_nfkc(value).str.to_lowercase()).str.strip_chars()


def phone(value: pl.Expr) -> pl.Expr:
    """Digits of the E.164 number without its plus: local 08… and 8…, and +62 (0)8…, become 628…"""
    text = _nfkc(value).str.strip_chars()
    bare = text.str.replace_all("[^0-9]", "")
    # Ten digits that begin with 81 could be Japan's: without a plus they are what an Indonesian leaves the zero off.
    is_local = bare.str.starts_with("8") & ~text.str.contains(_PLUS)
    digits = pl.when(is_local).then(pl.concat_str(pl.lit("62"), bare)).otherwise(bare.str.replace("^00", ""))
    return digits.str.replace("^0", "62").str.replace("^620+", "62")


def exact(value: pl.Expr) -> pl.Expr:
    """Opaque ids as they are."""
    return value


def _nfkc(value: pl.Expr) -> pl.Expr:
    """ASCII is its own normal form, and nearly all that comes; of what is pasted, marks that nobody sees are left out."""
    is_ascii = value.str.len_bytes() == value.str.len_chars()
    seen = value.str.replace_all(_INVISIBLE, "").str.normalize("NFKC")
    return pl.when(is_ascii).then(value).otherwise(seen)


_RULES: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "user_id": exact,
    "anonymous_id": exact,
    "email": email,
    "phone": phone,
}
