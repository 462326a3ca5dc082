"""Support tickets: what learners and people without an account write, and what agents answer, with every span known.

A ticket is a case (`case`) for which an occasion was drawn (`occasions`, `telling`); a dialogue (`dialogue`) puts its
messages together (`messages`, `mail`) from templates (`phrases`, `grammar`) in somebody's manner and voice (`manner`,
`voice`). Personal data are pieces of the text from the start (`pieces`, `slots`, `spelling`), so that their places are
known by construction. Rights requests that come with a form of their own are in `sources.requests`.
"""

from __future__ import annotations

from pipelines.demo.sources.tickets.telling import mentioned, of_learner, of_others, of_stranger
from pipelines.demo.sources.tickets.who import stranger, writers

__all__ = ["mentioned", "of_learner", "of_others", "of_stranger", "stranger", "writers"]
