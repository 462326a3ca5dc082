from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pipelines import settings
from pipelines.cli import main
from tests.unit.lineage import typed


@pytest.mark.slow
def test_the_graph_is_printed_as_openlineage_one_event_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.AS_OF_VARIABLE, "2026-06-30T12:00:00Z")
    done = CliRunner().invoke(main, ["lineage", "export", "--format", "openlineage"])
    assert done.exit_code == 0
    told = [json.loads(line) for line in done.stdout.splitlines()]
    for each in told:
        typed.event(each)
    assert {each["eventTime"] for each in told} == {"2026-06-30T12:00:00.000Z"}
    jobs = [each["job"]["name"] for each in told]
    assert len(set(jobs)) == len(jobs)
    assert {"intake/accounts", "projection/learner_payments", "model/fct_enrolments", "release/agg_assessments"} <= {
        *jobs
    }


def test_the_help_says_what_is_printed() -> None:
    told = CliRunner().invoke(main, ["lineage", "export", "--help"]).stdout
    assert "OpenLineage (2-0-2) one line a dataset" in told
    assert "crosslife lineage export --format openlineage > lineage.ndjson" in told
