"""Keyed hashes of this room, vectorised: lookups of identifiers, pseudonyms of subjects. Storage does not belong here.

polars-hash takes the key as text, so every HMAC here is keyed with the 64 hex digits of its 256-bit key.
"""

from __future__ import annotations

import polars as pl
import polars_hash as plh
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipelines.identity.errors import UnknownKind

DOMAINS = frozenset({"analytics", "ads", "audiences", "support", "payments"})
PSEUDONYM_DIGITS = 32


def with_digest(identifiers: pl.DataFrame) -> pl.DataFrame:
    """Add `digest`: SHA-256 of the normal form in hexadecimal digits, as the hash that is sent to Meta."""
    return identifiers.with_columns(plh.col("normal").chash.sha2_256().alias("digest"))


def with_lookup(identifiers: pl.DataFrame, *, key: bytes) -> pl.DataFrame:
    """Add `lookup` (32 bytes): HMAC-SHA256 of kind, colon and `digest`, computed from `normal` where it is not there.

    So whoever is known by an identifier is found by its hash too, and nothing more has to be kept for that.
    """
    digested = identifiers if "digest" in identifiers.columns else with_digest(identifiers)
    text = digested.select(text=pl.concat_str(["kind", "digest"], separator=":"))
    keyed = text.select(plh.col("text").chash.hmac_sha256(key=key.hex())).to_series()
    return identifiers.with_columns(lookup=keyed.str.decode("hex"))


def with_pseudonym(secrets: pl.DataFrame, *, key: bytes) -> pl.DataFrame:
    """Replace `secret` by `pseudonym`: HMAC of the secret under the domain's key, 128 bits as 32 hex digits."""
    digest = secrets.select(plh.col("secret").chash.hmac_sha256(key=key.hex())).to_series()
    return secrets.drop("secret").with_columns(pseudonym=digest.str.slice(0, PSEUDONYM_DIGITS))


def domain_key(root: bytes, *, domain: str) -> bytes:
    """Return HKDF(root, "<domain>/v1"); raise UnknownKind for an undeclared domain."""
    if domain not in DOMAINS:
        message = f"no pseudonyms for the domain {domain!r}: declared are {sorted(DOMAINS)}"
        raise UnknownKind(message)
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"{domain}/v1".encode()).derive(root)
