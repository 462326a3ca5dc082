"""A process that replaces an audience and is killed in the middle; no tests.

Arguments: address, audience, session, first batch, the number after whose acknowledgement it dies (0: never), of what file the
acknowledged are told, and whether it dies before it can tell.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipelines.audiences.sinks import Session
from tests.unit.audiences.meta_people import people, sink

COUNT = 230


def main(url: str, audience: str, session: str, first: str, last: str, told: str, is_untold: str) -> None:
    def acknowledged(batch: int) -> None:
        is_end = batch == int(last)
        if is_end and is_untold == "untold":
            os._exit(9)
        Path(told).write_text(str(batch), encoding="utf-8")
        if is_end:
            os._exit(9)

    begun = Session(int(session), int(first), acknowledged, is_resumed=int(last) == 0)
    sink(url).replace(audience, people(COUNT), session=begun, progress=lambda _: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
