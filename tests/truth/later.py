"""What is planted today and found only when a later issue is done, by source and kind, with the issue's number.

The spec test holds both ways: what is not listed is found, what is listed is not found yet. Whoever teaches the product to
find it takes the line away.
"""

from __future__ import annotations

from collections.abc import Mapping

CONTRACTS_ISSUE = 4  # the issue that gives the remaining sources their contracts

_SPOILT = ("duplicate", "late", "broken_json", "wrong_encoding", "missing_field", "wrong_type", "unknown_field")
_SPOILT_AND_TIMED = (*_SPOILT, "no_offset")
_BY_SOURCE: Mapping[str, tuple[str, ...]] = {
    "learner_attributes": _SPOILT,
    "newsletter_subscribers": (*_SPOILT, "reimported"),
    "course_progress_xapi": (*_SPOILT_AND_TIMED, "future", "told_twice", "unknown_verb", "voids"),
    "web_access_log": ("truncated", "wrong_encoding"),
    "meta_pixel": (*_SPOILT, "raw_identifier"),
    "payments": (
        "late",
        "broken_json",
        "missing_field",
        "unknown_field",
        "drift_typed",
        "retry",
        "out_of_order",
        "settled_after_expire",
        "forged_signature",
        "altered_amount",
    ),
    "orders": _SPOILT,
    "ad_insights": ("duplicate", "late", "missing_field", "drift_renamed", "restated"),
    "support_tickets": _SPOILT_AND_TIMED,
    "consents": (*_SPOILT_AND_TIMED, "reimported", "unknown_purpose", "unknown_policy_version"),
    "rights_requests": ("duplicate", "no_offset"),
}
LATER: Mapping[tuple[str, str], int] = {
    (source, kind): CONTRACTS_ISSUE for source, kinds in _BY_SOURCE.items() for kind in kinds
}
