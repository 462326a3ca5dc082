"""Dagster's own settings for a home: where it records runs, and that it runs one at a time. Not here: what runs."""

from __future__ import annotations

import yaml

from pipelines import settings

# One run at a time: a second one waits in the queue, where the writer's lock would make it wait or fail.
_INSTANCE = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    "concurrency": {"runs": {"max_concurrent_runs": 1}},
    "run_monitoring": {"enabled": True},
    "python_logs": {"managed_python_loggers": ["pipelines.progress"], "python_log_level": "INFO"},
}


def write_instance_file(home: settings.Home) -> None:
    """Write `dagster.yaml` into the home's Dagster folder, where it is missing or differs."""
    home.dagster.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home.dagster / "dagster.yaml"
    text = yaml.safe_dump(_INSTANCE, sort_keys=False)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
