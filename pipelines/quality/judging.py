"""One dataset's expectations before Great Expectations, frame after frame. Not here: where frames and expectations come from.

Results are boolean, so that no value can reach a report or a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines import settings
from pipelines.quality.expectations import Expected

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationSuiteValidationResult


class QualityError(RuntimeError):
    """A check could not be carried out; that says nothing about the data."""


class Judge:
    """Great Expectations for one dataset, without files, reports, progress bars or the network."""

    def __init__(self, dataset: str, expected: Sequence[Expected]) -> None:
        settings.silence()
        # Great Expectations takes seconds to import: only who has something to judge pays for it.
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig
        from great_expectations.expectations.registry import get_expectation_impl

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_pandas("crosslife")
        self._batches = source.add_dataframe_asset(dataset).add_batch_definition_whole_dataframe("partition")
        self._names = {(e.kind, e.column): e.name for e in expected}
        self._suite = gx.ExpectationSuite(
            name=dataset,
            expectations=[get_expectation_impl(e.kind)(**{"column": e.column, **e.arguments}) for e in expected],
        )
        self.verdict: ExpectationSuiteValidationResult | None = None
        """The first verdict that something missed, else the last."""

    def failures(self, frame: pd.DataFrame) -> list[str]:
        """Return the names of the expectations that the frame misses. Raises QualityError."""
        batch = self._batches.get_batch(batch_parameters={"dataframe": frame})
        verdict = batch.validate(self._suite, result_format="BOOLEAN_ONLY")
        missed = [self._name(result) for result in verdict.results if not self._is_met(result)]
        if self.verdict is None or self.verdict.success:
            self.verdict = verdict
        return missed

    def _is_met(self, result: Any) -> bool:  # noqa: ANN401
        if _was_raised(result.exception_info):
            # Its message may quote data: only the expectation is named.
            message = f"could not evaluate '{self._name(result)}': a column is missing or of an unexpected type"
            raise QualityError(message)
        return bool(result.success)

    def _name(self, result: Any) -> str:  # noqa: ANN401
        configuration = result.expectation_config
        return self._names[configuration.type, configuration.kwargs["column"]]


def _was_raised(info: Mapping[str, Any] | None) -> bool:
    # Either one exception_info, or one for each metric that was computed.
    if not info:
        return False
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(bool(one.get("raised_exception")) for one in info.values())
