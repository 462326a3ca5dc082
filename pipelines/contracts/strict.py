"""What every model of the contracts is: frozen, and closed to what it does not know. Which models there are stands elsewhere."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import AfterValidator, BaseModel, ConfigDict

Frozen = AfterValidator(MappingProxyType)


class Strict(BaseModel):
    """A model that cannot be changed and takes nothing it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def each_listed(value: object) -> object:
    """Take one list of names for a list of one."""
    is_flat = isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value)
    return (value,) if is_flat else value
