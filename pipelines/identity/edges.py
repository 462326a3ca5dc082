"""Timed links between anonymous browsers and accounts: the earliest instant of each pair.

What follows from two users on one browser is decided in the models, not here.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.identity import pseudonyms, tables


def store(connection: duckdb.DuckDBPyConnection, edges: pl.DataFrame) -> None:
    """Keep the earliest instant of each pair; takes `anonymous_subject`, `user_subject`, `linked_at`."""
    earliest = edges.group_by("anonymous_subject", "user_subject").agg(pl.col("linked_at").min())
    stored = "vault.links as l using (anonymous_subject, user_subject)"
    news = tables.query(
        connection,
        f"select incoming.* from incoming left join {stored} "
        "where l.linked_at is null or incoming.linked_at < l.linked_at",
        incoming=earliest,
    )
    tables.query(
        connection,
        "delete from vault.links where (anonymous_subject, user_subject) in "
        "(select (anonymous_subject, user_subject) from incoming)",
        incoming=news,
    )
    tables.insert(connection, news, table="links")


def read(connection: duckdb.DuckDBPyConnection, *, domain: str, key: bytes) -> pl.DataFrame:
    """Return `visitor_pseudonym`, `learner_pseudonym`, `linked_at`, of pairs that both have a pseudonym in the domain.

    An end without one occurs in no row of the domain, and its link would say nothing there.
    """
    edges = connection.execute(
        """
        select v.secret as visitor, l.secret as learner, links.linked_at
        from vault.links
        inner join vault.domain_secrets as v on v.subject = anonymous_subject and v.domain = $domain
        inner join vault.domain_secrets as l on l.subject = user_subject and l.domain = $domain
        """,
        {"domain": domain},
    ).pl()
    for end in ("visitor", "learner"):
        edges = pseudonyms.with_pseudonym(edges.rename({end: "secret"}), key=key)
        edges = edges.rename({"pseudonym": f"{end}_pseudonym"})
    return edges.select("visitor_pseudonym", "learner_pseudonym", "linked_at").sort(pl.all())


def sole_users(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return `browser`, `user` of every browser with links to one user alone."""
    return connection.execute(
        "select anonymous_subject as browser, any_value(user_subject) as user from vault.links "
        "group by anonymous_subject having count(distinct user_subject) = 1"
    ).pl()
