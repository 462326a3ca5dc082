"""What is our own of the website's traffic: the register of our networks, tests and sites, and where rows tell.

How a user agent is told for a crawler's does not belong here.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import Field as Setting

from pipelines.contracts.strict import Strict

REASONS = ("crawler", "automation", "internal", "test")
COLUMN = "bot_reason"

HostName = Annotated[str, Setting(pattern=r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253)]
"""A host's full name in lower case, without scheme, port or path."""


class Traffic(Strict):
    """Networks of the platform's own staff, the campaign sources of its testers, and the sites that are its own.

    A site stands for all hosts below it.
    """

    internal_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    test_sources: tuple[str, ...] = ()
    own_sites: tuple[HostName, ...] = ()


class TrafficRule(Strict):
    """Which fields tell that a row is no visitor's: the user agent, the address, and the source that testers declare."""

    user_agent: str | None = None
    ip: str | None = None
    declared: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the paths of the fields that are read."""
        return tuple(path for path in (self.user_agent, self.ip, self.declared) if path is not None)
