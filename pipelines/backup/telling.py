"""How far a long piece of work is, said at every tenth of it. What is done does not belong here."""

from __future__ import annotations

from collections.abc import Callable

_LONG_BYTES = 100_000_000


class Told:
    """Is told of bytes that are done, and says so where there are many."""

    def __init__(self, say: Callable[[str], None], what: str, *, total: int) -> None:
        self._say, self._what, self._total = say, what, total
        self._done = self._tenths = 0

    def __call__(self, size: int) -> None:
        """Take note that so many bytes more are done."""
        self._done += size
        tenths = 10 * self._done // max(self._total, 1)
        if tenths > self._tenths and self._total >= _LONG_BYTES:
            self._say(f"{self._what}: {10 * tenths} % of {self._total / 1e6:,.0f} MB")
        self._tenths = tenths
