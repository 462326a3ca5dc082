"""Noninterference: what steps really read, told by changing one thing of their input at a time and looking at what changes.

Here: rows made from the contracts, changes of them, and the comparison with the graph. The tests stand in `spec`.
"""
