"""From when on somebody is of age for certain, by a birth date that may be a month or a year alone. SQL; nothing is stored here.

Where a coarse date leaves it open, the latest birth that fits it counts, and so does 1 March for whoever was born on a
29 February of which their year of majority has none. A day or month that no calendar has says no more than what stands
before it. Whose birth date it is, and what follows from it, does not belong here.
"""

from __future__ import annotations


def of_age_on(birth: str, *, years: int) -> str:
    """SQL: the first day on which whoever was born then is of age for certain; NULL where the text is no date at all."""
    latest = f"""case when length({birth}) = 10 then try_cast({birth} as date) end,
        case when length({birth}) >= 7 then last_day(try_cast(left({birth}, 7) || '-01' as date)) end,
        try_cast(left({birth}, 4) || '-12-31' as date)"""
    born = f"coalesce({latest})"
    # The engine ends such an interval on the month's last day; the birthday is then the day after.
    grown = f"({born} + interval {years:d} years)::date"
    return f"({grown} + case when day({grown}) < day({born}) then 1 else 0 end)"
