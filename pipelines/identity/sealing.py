"""Encryption of single values under the data key of their subject. Where keys come from does not belong here."""

from __future__ import annotations

import os
from collections.abc import Sequence

import polars as pl
import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.identity.errors import WrongKey

NONCE_BYTES = 12


def random_bytes(count: int, *, width: int) -> pl.Series:
    """Return `count` values of `width` random bytes, drawn from the operating system in one call."""
    drawn = pa.py_buffer(os.urandom(count * width))
    return pl.Series(pa.Array.from_buffers(pa.binary(width), count, [None, drawn]).cast(pa.large_binary()))


def seal(texts: Sequence[str], *, data_keys: Sequence[bytes], subjects: Sequence[int], what: str) -> pl.Series:
    """Encrypt each text under its own data key, bound to its subject and to what it is."""
    nonces = os.urandom(len(texts) * NONCE_BYTES)
    sealed = []
    for number, (text, key, subject) in enumerate(zip(texts, data_keys, subjects, strict=True)):
        nonce = nonces[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
        sealed.append(nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound(subject, what)))
    return pl.Series(sealed, dtype=pl.Binary)


def unseal(sealed: Sequence[bytes], *, data_keys: Sequence[bytes], subjects: Sequence[int], what: str) -> pl.Series:
    """Decrypt what `seal` made; raise WrongKey when a value does not belong to its subject."""
    try:
        texts = [
            AESGCM(key).decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], _bound(subject, what)).decode()
            for value, key, subject in zip(sealed, data_keys, subjects, strict=True)
        ]
    except InvalidTag:
        message = f"a sealed {what} of the vault does not open under its subject's key: restore the vault's last copy"
        raise WrongKey(message) from None
    return pl.Series(texts, dtype=pl.String)


def _bound(subject: int, what: str) -> bytes:
    return f"{what}:{subject}".encode()
