"""Whether something may go to a recipient at all: its row in the register, its rung, its last day, and the declared fields."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pipelines.audiences.problems import TransferRefused
from pipelines.contracts import Contracts, Recipient, periods


def admit(contracts: Contracts, name: str, *, purpose: str, fields: Collection[str], at: datetime) -> Recipient:
    """Return the recipient's row where it may be sent these fields for a purpose at an instant. Raises TransferRefused."""
    recipient = contracts.recipients.get(name)
    if recipient is None:
        raise TransferRefused(f"{name} is not in recipients.yaml: nothing is sent to whom the register does not have")
    today = periods.day_of(at, timezone=contracts.policy.timezone)
    undeclared = sorted(set(fields) - set(recipient.fields))
    refusals = {
        f"{name} is registered, and marked as one that is sent nothing (`is_sending`)": not recipient.is_sending,
        f"{name} is not registered for {purpose}": purpose not in recipient.purposes,
        f"{name} would get {', '.join(undeclared)}, which recipients.yaml does not declare": bool(undeclared),
        f"the transfer to {name} ended on {recipient.transfer.until}": bool(
            recipient.transfer.until and recipient.transfer.until < today
        ),
    }
    for refusal, is_so in refusals.items():
        if is_so:
            raise TransferRefused(f"{refusal}: let compliance change the register, if it may be; nothing was sent")
    return recipient
