"""What kind of matter a topic or scenario is: whether it can fail to be mended, is grave, is awaited, and the like.

What is said of it is in `phrases`.
"""

from __future__ import annotations

# Kinds of personal data that should not have been sent, and the section in which an agent says so.
SAFETY = {"card": "secret", "nik": "nik"}
TROUBLES = frozenset({"login", "payment", "video", "progress", "complaint", "marketing", "unsubscribe"})
CHEERED = frozenset({"login", "video", "progress"})
LOOKED_UP = frozenset({"login", "payment", "progress", "certificate", "contact", "invoice", "refund"})
NEEDY = frozenset(
    {"login", "payment", "video", "progress", "certificate", "contact", "complaint", "mistaken"}
)  # fmt: skip
UNIDENTIFIED = frozenset({"suggestion", "question", "group", "age"})
GRAVE = frozenset({"parent", "data", "complaint"})

AWAITED = frozenset(
    {"refund.granted", "data.erase", "data.copy", "group.company", "offer.partner", "complaint.content"}
)  # fmt: skip
FIXABLE = frozenset(
    {"login.reset", "login.code", "login.locked", "video.stuck", "progress.stuck", "payment.unseen",
     "certificate.missing"}
)  # fmt: skip

# The slot that was filled when an agent's question is answered already.
ANSWERS = {
    "email": "email", "phone": "phone", "order": "order", "proof": "bank", "device": "device", "screenshot": "error",
    "identity": "birth", "spelling": "spelt", "refund_account": "account", "participants": "friend2", "npwp": "npwp",
    "child": "child_birth",
}  # fmt: skip
