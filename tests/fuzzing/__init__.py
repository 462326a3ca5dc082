"""Seeded spoiling of landed rows: what is sound, what must be quarantined, what may be either.

Each function takes its random generator, so that a number of rows and a seed give the same bytes. Nothing here runs intake.
"""
