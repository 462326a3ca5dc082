"""The desk of the promises."""

from tests.desk import call, desk, progress

__all__ = ["call", "desk", "progress"]
