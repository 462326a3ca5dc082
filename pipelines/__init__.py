"""Crosslife Warehouse: from landed files to releases that name nobody. One package ("room") per activity."""
