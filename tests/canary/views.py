"""The ways of reading a stretch of bytes: as it stands, percent-decoded, unescaped. All folded."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PERCENT = re.compile(rb"%[0-9a-fA-F]{2}")
_ESCAPE = re.compile(
    rb"(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[\"\\/]"
)
_DEPTH = 3


def views(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield (name, folded bytes) for every reading that differs; encodings laid over each other up to three deep."""
    seen = {b""}
    layer = [("", data)]
    for _ in range(_DEPTH + 1):
        following = []
        for name, text in layer:
            if text in seen:
                continue
            seen.add(text)
            yield name, text.lower()
            if _PERCENT.search(text):
                following.append((f"{name} percent-encoded".strip(), _PERCENT.sub(_from_percent, text)))
            if _ESCAPE.search(text):
                following.append((f"{name} escaped".strip(), _ESCAPE.sub(_from_escape, text)))
        layer = following


def _from_percent(match: re.Match[bytes]) -> bytes:
    return bytes([int(match.group()[1:], 16)])


def _from_escape(match: re.Match[bytes]) -> bytes:
    token = match.group()
    if token[1:2] == b"x":
        return bytes([int(token[2:], 16)])
    if token[1:2] != b"u":
        return token[1:]
    units = b"".join(bytes.fromhex(part.decode()) for part in token.split(b"\\u")[1:])
    return units.decode("utf-16-be", errors="replace").encode()
