"""Who is who, as far as the platform can know it at an instant: known minors, own browsers, addresses of accounts."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from tests.truth.reading import World, epoch_ms
from tests.truth.rules import Rules


def known_minors(world: World, *, at: datetime, rules: Rules) -> frozenset[str]:
    """Return the user ids of those who are known by then to have been under 18. Growing up does not cure it."""
    told = pl.col("minority_told_at") <= epoch_ms(at)
    if not rules.minors_of_tickets:
        told &= ~pl.col("minority_told_by").is_in(["ticket", "nik"]).fill_null(value=False)
    return frozenset(world.frame("learners").filter(told)["user_id"].to_list())


def user_ids(world: World) -> dict[int, str]:
    """Return the user id of each learner's number."""
    frame = world.frame("learners")
    return dict(zip(frame["learner"].to_list(), frame["user_id"].to_list(), strict=True))


def accounts_by_email(world: World) -> dict[str, str]:
    """Return the user id of every address that an account had, in lower case; the first to have it keeps it."""
    found: dict[str, str] = {}
    states = world.frame("account_states").sort("updated_at").select("email", "user_id")
    learners = world.frame("learners").select("email", "user_id")
    for email, user_id in [*states.iter_rows(), *learners.iter_rows()]:
        if email:
            found.setdefault(email.strip().lower(), user_id)
    return found


def subscribers_by_email(world: World) -> pl.Expr:
    """Return who a subscriber is by the column `email`: the user id of the account that has the address, else the address."""
    address = pl.col("email").str.strip_chars().str.to_lowercase()
    return address.replace(accounts_by_email(world))


def own_browsers(world: World) -> pl.DataFrame:
    """Return `user_id`, `anonymous_id`, `advertising`, `gpc` of the learners' own browsers; a borrowed one is not theirs."""
    browsers = world.frame("browsers").filter(pl.col("owner") == "learner")
    learners = world.frame("learners").select("learner", "user_id")
    return browsers.join(learners, left_on="number", right_on="learner").select(
        "user_id", "anonymous_id", "advertising", "gpc"
    )
