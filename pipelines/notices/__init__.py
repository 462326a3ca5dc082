"""Tells people what did not happen: a run that failed, a release that was refused, a source that fell silent.

Whoever keeps the secrets `webhook_url` or `smtp_url` is told, with names of assets and kinds of errors and never a value.
What posts JSON to an address that is a secret is lent to the rooms above (lineage). Not here: when something is worth telling
(the command line, Dagster's sensors), how a source's rhythm is judged (quality).
"""

from pipelines.notices.messages import Kind, Notice
from pipelines.notices.posting import post
from pipelines.notices.sending import CHANNELS, Delivery, channels, send

__all__ = ["CHANNELS", "Delivery", "Kind", "Notice", "channels", "post", "send"]
