"""One module a source: the rows that its tool would emit for a story, with what the truth says of them.

Where rows lie and what is spoilt on the way is in `landing`; who the people are in `world`.
"""
