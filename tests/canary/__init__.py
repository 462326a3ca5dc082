"""The canary search: looks for planted identifiers in everything that lies under a folder, decoding what it opens.

It is the witness of promise 1 and therefore imports nothing from `pipelines`.
"""

from tests.canary.search import Finding, Zones, search

__all__ = ["Finding", "Zones", "search"]
