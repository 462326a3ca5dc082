"""The one spelling of an identifier under which it is looked up, vectorised. Keys and hashes do not belong here."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from pipelines.identity.errors import UnknownKind


def with_normal_form(identifiers: pl.DataFrame) -> pl.DataFrame:
    """Add `normal` to a frame of `kind` and `value`; NULL where nothing usable is left.

    Raises UnknownKind for a kind without a rule.
    """
    unknown = set(identifiers["kind"].unique().to_list()) - set(_RULES)
    if unknown:
        message = f"no normal form for the identifier kinds {sorted(map(str, unknown))}: known are {sorted(_RULES)}"
        raise UnknownKind(message)
    rules = [pl.when(pl.col("kind") == kind).then(rule(pl.col("value"))) for kind, rule in _RULES.items()]
    normal = pl.coalesce(rules)
    return identifiers.with_columns(normal=pl.when(normal.str.len_bytes() > 0).then(normal))


def email(value: pl.Expr) -> pl.Expr:
    """NFKC, lower case, trimmed."""
    return value.str.normalize("NFKC").str.to_lowercase().str.normalize("NFKC").str.strip_chars()


def phone(value: pl.Expr) -> pl.Expr:
    """Digits of the E.164 number without its plus: local 08… and +62 (0)8… become 628…"""
    digits = value.str.normalize("NFKC").str.replace_all("[^0-9]", "").str.replace("^00", "")
    return digits.str.replace("^0", "62").str.replace("^620+", "62")


def exact(value: pl.Expr) -> pl.Expr:
    """Opaque ids as they are."""
    return value


_RULES: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "user_id": exact,
    "anonymous_id": exact,
    "email": email,
    "phone": phone,
}
