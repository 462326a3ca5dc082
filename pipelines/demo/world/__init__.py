"""The demo's world: its span, its people, what is taught and advertised, and the story of every learner.

Nothing is written here, and no row of any source is made here: that is in `sources` and `landing`.
"""
