"""What of the website's traffic is not that of visitors: the register of our own networks and tests, and where rows tell.

How a user agent is told for a crawler's does not belong here.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from pipelines.contracts.strict import Strict

REASONS = ("crawler", "automation", "internal", "test")
COLUMN = "bot_reason"


class Traffic(Strict):
    """Networks of the platform's own staff, and the campaign sources of its testers."""

    internal_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    test_sources: tuple[str, ...] = ()


class TrafficRule(Strict):
    """Which fields tell that a row is no visitor's: the user agent, the address, and the source that testers declare."""

    user_agent: str | None = None
    ip: str | None = None
    declared: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the paths of the fields that are read."""
        return tuple(path for path in (self.user_agent, self.ip, self.declared) if path is not None)
