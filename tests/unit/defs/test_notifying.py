from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines import settings
from pipelines.cli.options import Place
from pipelines.cli.run import telling
from pipelines.defs.unexpected import told_as_text
from pipelines.identity import keys
from pipelines.lake import BatchRow, open_manifest
from pipelines.release import ReleaseRefused
from tests.unit.notices.servers import Webhook, webhook

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Home:
    made = settings.Home(tmp_path / "home").prepare()
    keys.init(made)
    monkeypatch.setenv(settings.HOME_VARIABLE, str(made.root))
    monkeypatch.setenv(settings.AS_OF_VARIABLE, NOW.isoformat())
    return made


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    with webhook() as found:
        monkeypatch.setenv(settings.secret_variable("webhook_url"), found.url)
        yield found


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (
            ["dagster.DagsterExecutionStepExecutionError: step\n", "pipelines.release.refusals.ReleaseRefused: no k\n"],
            ("refused", "no k"),
        ),
        (["pipelines.warehouse.running.ModelFailure: 2 tests failed\n"], ("failed", "2 tests failed")),
        (["dagster.Error: step\n", "ValueError: Dewi Ayu\n"], ("failed", "ValueError")),
        (
            ["pipelines.intake.formats.lines.UnreadableFile: /landing/dewi@example.com.csv\n"],
            ("failed", "pipelines.intake.formats.lines.UnreadableFile"),
        ),
        (["dagster.Error: step\n", "KeyError: 'dewi@example.com'\n"], ("failed", "KeyError")),
        ([], ("failed", "an unknown error")),
    ],
)
def test_our_own_errors_are_told_and_others_by_their_kind_alone(messages: list[str], expected: tuple[str, str]):
    assert told_as_text(messages) == expected


def test_a_command_that_ends_in_a_refusal_tells(home: settings.Home, server: Webhook):
    here, ring = Place(home, settings.policy_file(), NOW), keys.open_keyring(home)
    with pytest.raises(ReleaseRefused), telling(here, ring):
        raise ReleaseRefused("agg_x differs from agg_x.odcs.yaml")
    with pytest.raises(KeyError), telling(here, ring):
        raise KeyError("dewi@example.com")
    assert [(told["kind"], told["lines"]) for told in server.received] == [
        ("refused", ["agg_x differs from agg_x.odcs.yaml"]),
        ("failed", ["KeyError"]),
    ]


def test_a_source_that_falls_silent_is_told_of_once_and_again_when_it_does_so_again(
    home: settings.Home, server: Webhook, monkeypatch: pytest.MonkeyPatch
):
    import dagster as dg

    from pipelines.defs.notifying import silence

    def bring(at: datetime) -> None:
        with open_manifest(home) as manifest:
            batch = BatchRow(at.isoformat(), "payments", at.isoformat(), {"rows_in": 5})
            manifest.prepare(batch, files=[], moves=[], stale={})
            manifest.finish(at.isoformat())

    cursor = ""

    def tick(at: datetime) -> int:
        nonlocal cursor
        monkeypatch.setenv(settings.AS_OF_VARIABLE, at.isoformat())
        context = dg.build_sensor_context(cursor=cursor)
        silence(context)
        cursor = context.cursor or ""
        return len(server.received)

    assert tick(NOW) == 0
    bring(NOW)
    assert [tick(NOW + timedelta(days=days)) for days in (1, 3, 4)] == [0, 1, 1]
    assert "payments: nothing for 3.0 days" in server.received[0]["lines"][0]
    bring(NOW + timedelta(days=5))
    assert [tick(NOW + timedelta(days=days)) for days in (5, 9)] == [1, 2]
    assert json.loads(cursor).keys() == {"payments"}


@pytest.mark.slow
def test_a_run_that_fails_under_dagster_is_told_of_by_its_steps(home: settings.Home, server: Webhook):
    import dagster as dg

    from pipelines.defs import notifying

    @dg.op
    def publish() -> None:
        raise ReleaseRefused("agg_x is missing")

    @dg.op
    def count() -> None:
        raise ValueError("dewi@example.com")

    @dg.job(name="everything_that_waits", executor_def=dg.in_process_executor)
    def job() -> None:
        publish()
        count()

    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        context = dg.build_run_status_sensor_context(
            "tell_of_failures",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        ).for_run_failure()
        notifying.failures(context)
    (told,) = server.received
    assert told["kind"] == "refused"
    assert sorted(told["lines"][:2]) == ["count: ValueError", "publish: agg_x is missing"]
    assert "dewi" not in json.dumps(told)
