"""Nights of a small home whose audiences go over HTTP to a stand-in of Meta, asked for by Dagster's own daemons. No tests.

The code location is that of audiences alone: the whole one reads every model before it begins. What Dagster does here it does
in this process, with the instance that the product writes for a home; only its runs are not given processes of their own.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.scheduler.instigation import InstigatorTick
from dagster._core.test_utils import create_test_daemon_workspace_context, freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import ScheduleIterationTimes, launch_scheduled_runs

from pipelines import settings
from pipelines.defs import audiences
from pipelines.defs.instance import write_instance_file
from pipelines.defs.site import SiteResource
from pipelines.identity import keys
from tests.desk import COURSES, Desk, make_desk, noon
from tests.outside.meta_api import ACCOUNT, TOKEN, MetaApi, meta_api

AGREED, REFUSED, SILENT = range(130), range(130, 136), range(136, 140)
"""Learners who said yes to ads, who said no, and who never said anything; all of them began a course and left off."""

BEGAN = noon("2026-06-30")
_LOG = logging.getLogger("dagster.daemon")
_IN_MEMORY = {"module": "dagster._core.launcher.sync_in_memory_run_launcher", "class": "SyncInMemoryRunLauncher"}
_HERE = LoadableTargetOrigin(executable_path=sys.executable, module_name="tests.nights", attribute="definitions")

definitions = dg.Definitions(
    assets=[audiences.withdrawn, audiences.sent],
    asset_checks=[audiences.in_time],
    jobs=[audiences.JOB, audiences.WITHDRAWALS],
    schedules=[audiences.nightly_audiences, audiences.deadlines],
    sensors=[audiences.withdrawal_arrivals],
    resources={"site": SiteResource()},
)


def email(number: int) -> str:
    """A learner's address as it was stated."""
    return f"Orang.{number:04d}@Contoh.example"


def phone(number: int) -> str:
    """A learner's number as it was stated."""
    return f"0812-3000-{number:04d}"


def user(number: int) -> str:
    """A learner's name on the platform."""
    return f"learner-{number:04d}"


@dataclass
class Nights:
    """A home, its recipient, Dagster over both, and an instant that goes on."""

    desk: Desk
    api: MetaApi
    instance: dg.DagsterInstance
    workspace: Any
    environment: pytest.MonkeyPatch
    at: datetime = BEGAN
    landed: int = 0
    scheduled: dict[str, ScheduleIterationTimes] = field(default_factory=dict)

    def goes_on(self, **span: float) -> None:
        """Let time pass, for the home and for the recipient."""
        self.at += timedelta(**span)
        self.api.now = self.at
        self.environment.setenv(settings.AS_OF_VARIABLE, self.at.isoformat())

    def says_no(self, number: int) -> None:
        """Land a withdrawal that is stated now, and take it in."""
        self.landed += 1
        self.desk.land("consents", f"no-{self.landed}.jsonl", [_statement(number, yes=False, at=self.at)])
        self.desk.run(as_of=self.at)

    def schedules(self) -> None:
        """Let Dagster's scheduler ask for what is due, and run what was asked for."""
        self._heard(launch_scheduled_runs(self.workspace, _LOG, self.at, self.scheduled))
        self.runs()

    def looks(self) -> InstigatorTick:
        """Let Dagster's sensors look once; return what came of it. What is asked for waits in the queue."""
        self._heard(execute_sensor_iteration(self.workspace, _LOG, None, None))
        (sensor,) = self.instance.all_instigator_state(instigator_type=InstigatorType.SENSOR)
        return self.instance.get_ticks(sensor.instigator_origin_id, sensor.selector_id, limit=1)[0]

    def runs(self) -> None:
        """Let Dagster take what is in its queue, one run after the other."""
        with QueuedRunCoordinatorDaemon(interval_seconds=5) as queue:
            for _ in range(len(self.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])))):
                self._heard(queue.run_iteration(self.workspace))

    def ended(self) -> list[tuple[str, str]]:
        """Return the job and the end of every run that sends or takes back, the oldest first."""
        runs = [(run.job_name, run.status.value) for run in reversed(self.instance.get_runs())]
        return [run for run in runs if run[0] != audiences.DEADLINES.name]

    def judged(self) -> list[bool]:
        """Return what the check of deadlines said, the oldest first."""
        key = dg.AssetCheckKey(audiences.WITHDRAWN, "no_withdrawal_is_late")
        found = self.instance.event_log_storage.get_asset_check_execution_history(key, limit=50)
        told = [each.event.dagster_event.event_specific_data for each in reversed(found)]
        return [each.passed for each in told if isinstance(each, dg.AssetCheckEvaluation)]

    def _heard(self, iteration: Iterator[Any]) -> None:
        with freeze_time(self.at):
            assert [each for each in iteration if each is not None and not isinstance(each, str)] == []


@contextmanager
def nights(root: Path, environment: pytest.MonkeyPatch) -> Iterator[Nights]:
    """Make the home and take in its people; nothing was sent yet."""
    desk = make_desk(root)
    _land(desk)
    desk.run(as_of=BEGAN)
    keys.keep_secret(desk.home, settings.META_TOKEN, TOKEN)
    write_instance_file(desk.home)
    file = desk.home.dagster / "dagster.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "run_launcher": _IN_MEMORY}))
    target = InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(_HERE))
    with meta_api() as api, dg.DagsterInstance.from_config(str(desk.home.dagster)) as instance:
        for name, value in {
            settings.HOME_VARIABLE: str(desk.home.root),
            settings.AS_OF_VARIABLE: BEGAN.isoformat(),
            "DAGSTER_HOME": str(desk.home.dagster),
            "CROSSLIFE_META_ACCOUNT": ACCOUNT,
            "CROSSLIFE_META_ENDPOINT": api.url,
        }.items():
            environment.setenv(name, value)
        with create_test_daemon_workspace_context(target, instance) as workspace:
            yield Nights(desk, api, instance, workspace, environment)
        api.nothing_unknown()


def _land(desk: Desk) -> None:
    everybody = [*AGREED, *REFUSED, *SILENT]
    registered = {"registered_at": "2026-05-01T09:00:00+07:00", "updated_at": "2026-05-01T09:00:00+07:00"}
    began = {"course_id": "web-1", "event_type": "enrolled", "occurred_at": "2026-05-20T09:00:00+07:00"}
    said = noon("2026-05-21")
    desk.land("courses", "c.jsonl", COURSES)
    accounts = [{"user_id": user(each), "email": email(each), "phone": phone(each), **registered} for each in everybody]
    desk.land("accounts", "a.jsonl", accounts)
    desk.land(
        "course_progress", "p.jsonl", [{"event_id": f"e{each}", "user_id": user(each), **began} for each in everybody]
    )
    told = [_statement(each, yes=each in AGREED, at=said) for each in (*AGREED, *REFUSED)]
    desk.land("consents", "said.jsonl", told)


def _statement(number: int, *, yes: bool, at: datetime) -> dict[str, Any]:
    row = {"event_id": f"c{number}-{at:%m%d%H%M}", "user_id": user(number), "purpose": "ads_retargeting"}
    told = {"granted": yes, "occurred_at": at.isoformat(), "policy_version": "1", "source": "settings"}
    return {**row, **told, **({"evidence": f"evidence-{number}"} if yes else {})}
