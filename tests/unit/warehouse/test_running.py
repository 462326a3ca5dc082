from types import SimpleNamespace

import pytest

from pipelines.warehouse import handover, running


def result(kind: str, name: str, *, status: str, message: str) -> SimpleNamespace:
    node = SimpleNamespace(resource_type=kind, name=name)
    return SimpleNamespace(status=status, message=message, node=node, execution_time=0.5)


def test_a_failure_names_model_and_kind_and_no_value() -> None:
    message = "Runtime Error in model fct_sessions\n  Conversion Error: Could not convert string 'learner@example.com' to INT32"
    failed = [result("model", "fct_sessions", status="error", message=message)]
    assert running._failures(failed) == {"fct_sessions": "model fct_sessions failed (Conversion Error)"}


def test_a_test_that_fails_is_told_of_the_model_that_it_is_a_test_of() -> None:
    of_a_column = result("test", "not_null_a_b", status="fail", message="Got 3 results")
    of_a_column.node.attached_node = "model.crosslife.a"
    of_a_model = result("unit_test", "sums_up", status="fail", message="")
    of_a_model.node.depends_on = SimpleNamespace(nodes=["model.crosslife.a"])
    passed = result("test", "unique_c", status="pass", message="")
    assert running._failures([of_a_column, of_a_model, passed]) == {
        "a": "test not_null_a_b failed, unit_test sums_up failed"
    }


def test_models_and_tests_are_counted_apart_and_skipped_ones_not_at_all() -> None:
    results = [
        result("model", "a", status="success", message="OK"),
        result("test", "b", status="pass", message=""),
        result("unit_test", "c", status="pass", message=""),
        result("model", "d", status="skipped", message=""),
    ]
    expected = running.Counts(models=1, tests=2, start_seconds=3, test_seconds=0.5)
    assert running._counted(results, start_seconds=3) == expected


def test_dbt_started_by_itself_gets_no_keys() -> None:
    with pytest.raises(handover.NothingHandedOver, match="crosslife run"):
        handover.current()
