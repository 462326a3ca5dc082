"""A demo's landing files: believable, wholly invented, in the platform's formats, with dirt planted and counted.

It writes what arrives, for the sources that the product reads today, and imports nothing of how it is read.
"""

from pipelines.demo.generator import generate
from pipelines.demo.people import canaries
from pipelines.demo.world import DemoSummary

__all__ = ["DemoSummary", "canaries", "generate"]
