"""The desk of the intake tests."""

from tests.desk import call, desk, progress

__all__ = ["call", "desk", "progress"]
