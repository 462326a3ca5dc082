"""Posts to an address that is a secret (it bears passwords and tokens), and reads from it; it appears in no error and no log.

No redirect is followed, and a server that fails is tried a few times. Not here: what is posted.
"""

from __future__ import annotations

import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from http.client import HTTPException
from urllib.parse import urlsplit

from pipelines.identity import keys
from pipelines.identity.errors import MissingSecret
from pipelines.identity.keyring import Keyring

SECONDS = 10
_TRIES = 3
_LONGEST_SECONDS = 60
_PART_BYTES = 1 << 16


class TooMuch(OSError):
    """A server answers more than was asked for, or so slowly that it never ends."""


class WrongAddress(ValueError):
    """An address cannot be used; the message says what is missing, and nothing of the address."""


def address(ring: Keyring, name: str) -> str:
    """Return the address that is kept under a name, nothing where none was given."""
    try:
        return keys.secret(ring, name).decode("utf-8", "replace").strip()
    except MissingSecret:
        return ""


def post(ring: Keyring, name: str, contents: Sequence[bytes]) -> tuple[int, str] | None:
    """Post each content to the address `name`; return how many were delivered and why no more, None without an address.

    After the first that cannot be delivered, or a minute, none is tried any more.
    """
    where, began = address(ring, name), time.monotonic()
    if not where:
        return None
    for sent, content in enumerate(contents):
        if time.monotonic() - began > _LONGEST_SECONDS:
            return sent, "the server is too slow"
        if failure := tried(partial(post_once, where, content, name=name)):
            return sent, failure
    return len(contents), ""


def tried(deliver: Callable[[], None], *, times: int = _TRIES) -> str:
    """Deliver, a few times where it fails; return why it could not be done, in words that quote nothing."""
    failure = ""
    for _ in range(times):
        try:
            deliver()
        except WrongAddress as wrong:
            return str(wrong)
        except TooMuch:
            return "the server answers too much, or too slowly"
        except urllib.error.HTTPError as refused:
            failure = f"the server answered {refused.code}"
        except (OSError, HTTPException, smtplib.SMTPException, ValueError) as error:
            # Messages of these libraries bear addresses and what the server said.
            failure = f"it could not be delivered ({type(error).__name__})"
        else:
            return ""
    return failure


def post_once(where: str, content: bytes, *, name: str) -> None:
    """Post JSON to exactly this address, which is kept under `name`. Raises WrongAddress and the errors of urllib."""
    if urlsplit(where).scheme not in ("http", "https"):
        raise WrongAddress(f"{name} is no http or https address")
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        where, data=content, headers={"Content-Type": "application/json"}, method="POST"
    )
    with _OPENER.open(request, timeout=SECONDS):
        pass


def get_once(where: str, *, name: str, most_bytes: int) -> bytes:
    """Return what exactly this address answers; more than so many bytes, or more than a minute, is an error.

    Raises WrongAddress and the errors of urllib.
    """
    if urlsplit(where).scheme not in ("http", "https"):
        raise WrongAddress(f"{name} is no http or https address")
    began, parts, size = time.monotonic(), [], 0
    with _OPENER.open(urllib.request.Request(where), timeout=SECONDS) as answer:  # noqa: S310 - the scheme was checked
        while part := answer.read1(_PART_BYTES):
            parts.append(part)
            size += len(part)
            if size > most_bytes or time.monotonic() - began > _LONGEST_SECONDS:
                raise TooMuch
    return b"".join(parts)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is posted goes where it was told to go, and nowhere else."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow none."""
        return


_OPENER = urllib.request.build_opener(_NoRedirects)
