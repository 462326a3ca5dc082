"""What one domain may know of another: minimal projections, written into the lake as their contracts declare them.

The vault alone can say who is who in two domains; here is where it is asked. Not here: what a projection may contain (checked
with the contracts), the timed links of browsers (written with the batch that states them), models.
"""

from pipelines.projections.projecting import Projected, project, waits

__all__ = ["Projected", "project", "waits"]
