from __future__ import annotations

import hashlib
import hmac
import os

import polars as pl
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pipelines.identity import pseudonyms
from pipelines.identity.errors import UnknownKind


def test_the_lookup_is_the_keyed_hash_of_kind_and_digest_of_the_normal_form():
    key = os.urandom(32)
    known = {"email": "learner12@example.com", "user_id": "é"}
    digests = {kind: hashlib.sha256(normal.encode()).hexdigest() for kind, normal in known.items()}
    expected = [
        hmac.digest(key.hex().encode(), f"{kind}:{digest}".encode(), "sha256") for kind, digest in digests.items()
    ]
    by_value = pl.DataFrame({"kind": list(known), "normal": list(known.values())})
    by_hash = pl.DataFrame({"kind": list(digests), "digest": list(digests.values())})
    assert pseudonyms.with_lookup(by_value, key=key)["lookup"].to_list() == expected
    assert pseudonyms.with_lookup(by_hash, key=key)["lookup"].to_list() == expected


def test_the_pseudonym_is_the_keyed_hash_of_the_secret_cut_to_128_bits():
    root, secrets = os.urandom(32), [os.urandom(32), bytes(32), b"\xff" * 32]
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ads/v1").derive(root)
    made = pseudonyms.with_pseudonym(pl.DataFrame({"secret": secrets}), key=pseudonyms.domain_key(root, domain="ads"))
    assert made["pseudonym"].to_list() == [
        hmac.digest(key.hex().encode(), secret, "sha256").hex()[:32] for secret in secrets
    ]


@pytest.mark.parametrize("domain", ["identity", "marketing"])
def test_an_undeclared_domain_has_no_pseudonyms(domain: str):
    with pytest.raises(UnknownKind, match="declared are"):
        pseudonyms.domain_key(os.urandom(32), domain=domain)
