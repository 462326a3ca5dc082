"""Contracts: YAML in, frozen and cross-checked models out; everything else derives from them.

Judging rows, making suites and building models do not belong here.
"""

from pipelines.contracts.documents import ContractViolation, Finding
from pipelines.contracts.floors import (
    Conflict,
    UnsettledConflict,
    blocked_categories,
    conflicts,
    effective_window,
    unsettled,
)
from pipelines.contracts.loading import Contracts, load
from pipelines.contracts.models import (
    ConsentRule,
    Field,
    InboundContract,
    InternalContract,
    LakeColumn,
    Reference,
    Retention,
)
from pipelines.contracts.outbound import Disclosure, Exposure, OutboundColumn, OutboundContract
from pipelines.contracts.registers import Policy, Recipient, Taxonomy, Window
from pipelines.contracts.versions import PolicyInForce, PolicyVersions

__all__ = [
    "Conflict",
    "ConsentRule",
    "ContractViolation",
    "Contracts",
    "Disclosure",
    "Exposure",
    "Field",
    "Finding",
    "InboundContract",
    "InternalContract",
    "LakeColumn",
    "OutboundColumn",
    "OutboundContract",
    "Policy",
    "PolicyInForce",
    "PolicyVersions",
    "Recipient",
    "Reference",
    "Retention",
    "Taxonomy",
    "UnsettledConflict",
    "Window",
    "blocked_categories",
    "conflicts",
    "effective_window",
    "load",
    "unsettled",
]
