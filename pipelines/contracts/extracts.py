"""Where a source lies in the platform's database, and by which instants what is new there is told.

How a table is read does not belong here (see `pipelines.extract`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator
from pydantic import Field as Setting

from pipelines.contracts import odcs
from pipelines.contracts.documents import Findings, Node
from pipelines.contracts.strict import Strict

if TYPE_CHECKING:
    from pipelines.contracts.models import InboundContract

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,62}"


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Extract(Strict):
    """The table (or view) of a source, `name` or `schema.name`, and how what is new in it is found.

    `mark` are the fields of which the latest tells when a row was written; without any the table is read whole, and what
    changed is taken. `overlap_minutes` is how long before the last mark a read begins again: as long as a row may take to
    appear after the instant it bears.
    """

    table: Annotated[str, Setting(pattern=rf"^{_NAME}(\.{_NAME})?$")]
    mark: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    overlap_minutes: Annotated[int, Setting(ge=1)] = 60


def check_extract(contract: InboundContract, root: Node, findings: Findings) -> None:
    """Check that rows of a table can be rows of the contract, and that the mark tells of every change."""
    rule = contract.extract
    if rule is None:
        return
    place = odcs.custom_property(root, "extract")
    nested = [field.path for field in contract.fields if "." in field.path]
    if contract.dialect or nested:
        what = "extract is for flat rows of the contract's own shape"
        findings.add(place, what, mend="remove it, or the dialect and the nested fields")
    marks = place.get("mark") or place
    shown = ", ".join(rule.mark)
    if contract.kind == "event" and rule.mark != (contract.event_time,):
        what = f"the mark of events is their eventTime, not `{shown}`"
        findings.add(marks, what, mend=f"write mark: {contract.event_time}")
    versions = [field.path for field in contract.version_instants]
    if contract.kind == "state" and rule.mark and set(rule.mark) != set(versions):
        what = f"the mark `{shown}` does not tell of every version of a row"
        mend = f"write mark: [{', '.join(versions)}]" if versions else "remove it: the table is read whole"
        findings.add(marks, what, mend=mend)
