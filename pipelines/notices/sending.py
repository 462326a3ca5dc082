"""Sends a notice over every channel that was given: a webhook, mail. A channel that fails is told of and stops nothing.

The address of a channel is a secret (it bears passwords and tokens), and appears in no error and no log.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pipelines import settings
from pipelines.identity.keyring import Keyring
from pipelines.notices import posting
from pipelines.notices.messages import Notice

CHANNELS = (settings.WEBHOOK_URL, settings.SMTP_URL)
"""The secrets that name a channel."""
_SMTP_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class Delivery:
    """Over which channel a notice went, and why it did not (empty: it did)."""

    channel: str
    failure: str = ""


def channels(ring: Keyring) -> tuple[str, ...]:
    """Return the channels that were given."""
    return tuple(name for name in CHANNELS if posting.address(ring, name))


def send(ring: Keyring, notice: Notice) -> tuple[Delivery, ...]:
    """Send the notice over every channel that was given; return what became of it. Raises nothing of a channel's own."""
    return tuple(_deliver(name, posting.address(ring, name), notice) for name in channels(ring))


def _deliver(channel: str, address: str, notice: Notice) -> Delivery:
    return Delivery(channel, posting.tried(lambda: _SENDERS[channel](address, notice)))


def _post(address: str, notice: Notice) -> None:
    posting.post_once(address, notice.body(), name=settings.WEBHOOK_URL)


def _mail(address: str, notice: Notice) -> None:
    """Send a mail: smtp[s]://[user:password@]host[:port]?from=…&to=…[,…]; smtp is encrypted where the server offers it."""
    parts = urlsplit(address)
    asked = parse_qs(parts.query)
    if parts.scheme not in _SMTP_PORTS or not parts.hostname or not {"from", "to"} <= set(asked):
        raise posting.WrongAddress("smtp_url is not smtp[s]://[user:password@]host[:port]?from=…&to=…")
    message = EmailMessage()
    message["Subject"] = notice.subject
    message["From"], message["To"] = asked["from"][0], asked["to"][0]
    message["Date"] = format_datetime(notice.at)
    message.set_content(notice.text)
    with _server(parts) as server:
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)


def _server(parts: SplitResult) -> smtplib.SMTP:
    context, port = ssl.create_default_context(), parts.port or _SMTP_PORTS[parts.scheme]
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(parts.hostname or "", port, timeout=posting.SECONDS, context=context)
    server = smtplib.SMTP(parts.hostname or "", port, timeout=posting.SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
    elif parts.username:
        server.close()
        raise posting.WrongAddress(
            "the mail server offers no encryption, and a password would go in the clear: use smtps"
        )
    return server


_SENDERS: Mapping[str, Callable[[str, Notice], None]] = {settings.WEBHOOK_URL: _post, settings.SMTP_URL: _mail}
