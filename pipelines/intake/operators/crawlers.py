"""User agents that are no visitor's: crawlers by the well-kept list, and programs by what they call themselves.

Addresses and declared tests are told by `traffic`; families of browsers by `browsers`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import polars as pl

# HTTP libraries, headless browsers and checks that the list of crawlers does not all hold.
_PROGRAMS = (
    r"(?i)^(curl|wget|python|aiohttp|httpx|go-http-client|java|okhttp|libwww|lwp|perl|ruby|php|node|axios|undici|got|guzzle"
    r"|postmanruntime|insomnia|apache-httpclient|winhttp|powershell|scrapy|k6|vegeta|locust|apachebench)\b"
    r"|headlesschrome|phantomjs|puppeteer|playwright|selenium|cypress|lighthouse|pagespeed"
)


def reasons(user_agents: Collection[str]) -> pl.DataFrame:
    """Return `value` and `told` (crawler or automation) of the user agents that are no visitor's."""
    texts = pl.DataFrame({"value": pl.Series(list(user_agents), dtype=pl.String)})
    is_program = pl.col("value").str.contains(_PROGRAMS)
    is_crawler = pl.col("value").str.contains(_crawlers())
    told = pl.when(is_program).then(pl.lit("automation")).when(is_crawler).then(pl.lit("crawler"))
    return texts.with_columns(told=told).drop_nulls()


@cache
def _crawlers() -> str:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    return "|".join(f"(?:{crawler['pattern']})" for crawler in CRAWLER_USER_AGENTS_DATA)
