"""Whole files that are not what they seem: a copy, one half written, one of rubbish, one line beyond all measure.

Rows spoilt one by one are in `dirt`.
"""

from __future__ import annotations

from pipelines.demo.landing.outlet import Outlet
from pipelines.demo.rows import Plant
from pipelines.demo.world.span import World

COPY_MARK = "-salinan"
_GIANT_LINE_BYTES = (1 << 20) + 4096


def leave(world: World, outlet: Outlet) -> None:
    """Leave them beside the files of a finished demo."""
    plain = [path.name for path in outlet.files.get("web_events", ()) if path.suffix == ".jsonl"]
    if plain:
        last = max(plain)
        outlet.leave_copy("web_events", last, mark=COPY_MARK)
        outlet.leave_half_written("web_events", f"web_events-{world.end.isoformat()}.jsonl", of=last)
    giant = b'{"messageId":"giant","type":"track","event":"' + b"x" * _GIANT_LINE_BYTES + b'"}\n'
    rubbish = b"not json at all\n[1,2,3]\n\x00\x01\x02\n"
    outlet.leave_file("web_events", "web_events-raksasa.jsonl", giant, [Plant("giant_line", "quarantined")])
    outlet.leave_file("course_progress", "course_progress-sampah.jsonl", rubbish, [Plant("rubbish", "quarantined")] * 3)
