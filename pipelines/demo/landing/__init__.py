"""How a demo's rows come to lie in the landing zone: dirt, order, names of files, formats, and the truth beside them.

What the rows say is in `sources`.
"""
