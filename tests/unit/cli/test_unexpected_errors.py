from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from pipelines import intake, settings
from pipelines.cli import main
from pipelines.defs import waiting
from pipelines.defs.unexpected import UnexpectedFailure, by_kind, each_by_kind
from pipelines.identity import keys
from pipelines.intake.formats import jsonl

QUOTED = "learner12@example.com"
ERRORS = [
    duckdb.ConversionException,
    pl.exceptions.ComputeError,
    pa.ArrowInvalid,
    KeyError,
    ValueError,
    OSError,
    pl.exceptions.PanicException,
]


@pytest.fixture(autouse=True)
def _without_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (settings.HOME_VARIABLE, settings.AS_OF_VARIABLE, settings.POLICY_VARIABLE, "DAGSTER_HOME"):
        # Set first, so that what a command puts into the environment is taken out again.
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(tmp_path: Path) -> settings.Home:
    made = settings.home(tmp_path / "home").prepare()
    keys.init(made)
    (made.landing / "courses").mkdir()
    (made.landing / "courses" / "courses.jsonl").write_text('{"course_id": "web-1"}\n', encoding="utf-8")
    return made


def crosslife(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def _failing(kind: type[BaseException]) -> Callable[..., NoReturn]:
    def fail(*_: Any, **__: Any) -> NoReturn:
        message = f"Could not convert string '{QUOTED}' to INT32"
        raise kind(message)

    return fail


def _chain(error: BaseException | None) -> str:
    """Everything that hangs on an error, shown or not."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in found:
            found.append(each)
            waiting += [each.__cause__, each.__context__]
    return repr(found)


@pytest.mark.parametrize("kind", ERRORS)
def test_a_step_keeps_only_the_kind_of_an_error_that_quotes_a_row(kind: type[BaseException]) -> None:
    with pytest.raises(UnexpectedFailure, match=rf"^the step failed unexpectedly: (\w+\.)?{kind.__name__}\.") as caught:
        by_kind("the step")(_failing(kind))()
    assert QUOTED not in _chain(caught.value)


def test_a_generator_gives_what_it_had_and_then_only_the_kind_of_its_error() -> None:
    @each_by_kind("the step")
    def counting():
        yield 1
        _failing(duckdb.ConversionException)()

    steps = counting()
    assert next(steps) == 1
    with pytest.raises(UnexpectedFailure) as caught:
        next(steps)
    assert QUOTED not in _chain(caught.value)


def test_an_error_of_our_own_keeps_its_words() -> None:
    with pytest.raises(settings.ForeignHome, match="say what to do") as caught:
        by_kind("the step")(_raising_ours)()
    assert QUOTED not in _chain(caught.value)


def _raising_ours() -> NoReturn:
    try:
        raise KeyError(QUOTED)
    except KeyError as error:
        raise settings.ForeignHome("say what to do") from error


def test_the_place_of_an_error_is_told_and_not_the_file_it_was_about() -> None:
    with pytest.raises(UnexpectedFailure, match=r"FileNotFoundError at pipelines/intake/formats/\w+\.py:\d+") as caught:
        by_kind("the step")(lambda path: list(jsonl.read_plain(path)))(Path(f"/nowhere/{QUOTED}.jsonl"))
    assert QUOTED not in _chain(caught.value)


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("options", [(), ("--debug",)])
def test_the_terminal_is_told_kind_and_step_only(
    home: settings.Home, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException], options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(waiting, "what_waits", _failing(kind))
    result = crosslife("run", "--home", home.root, *options)
    assert result.exit_code == 1
    library = kind.__module__.partition(".")[0].lstrip("_").replace("builtins", "")
    assert f"crosslife run failed unexpectedly: {library}{'.' if library else ''}{kind.__name__}" in result.stderr
    assert QUOTED not in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--debug",)])
def test_neither_terminal_nor_dagsters_storage_holds_the_value_that_an_error_in_an_asset_quoted(
    home: settings.Home,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    options: tuple[str, ...],
) -> None:
    monkeypatch.setattr(intake, "run", _failing(duckdb.ConversionException))
    result = crosslife("run", "--home", home.root, *options)
    assert result.exit_code == 1
    said = f"{result.output} {result.exception!r} {''.join(capfd.readouterr())} {_chain(result.exception)}"
    assert "intake failed unexpectedly: duckdb.ConversionException" in said
    assert QUOTED not in said
    stored = {file: file.read_bytes() for file in home.root.rglob("*") if file.is_file()}
    assert any(b"ConversionException" in content for content in stored.values())
    assert [str(file) for file, content in stored.items() if QUOTED.encode() in content] == []


@pytest.mark.long
def test_a_run_warns_of_landed_folders_that_no_contract_knows_and_does_its_work(home: settings.Home) -> None:
    (home.landing / "web-event").mkdir()
    result = crosslife("run", "--home", home.root, "--as-of", "2026-06-30", "--json")
    assert result.exit_code == 0, result.stderr
    assert "warning: no contract speaks of landing/web-event, " in result.stderr
    assert "web_events" in result.stderr
    assert json.loads(result.stdout)["unknown_sources"] == ["web-event"]


def test_an_interrupt_is_told_as_one_whatever_a_library_calls_it(home: settings.Home, monkeypatch: pytest.MonkeyPatch):
    for interrupt in (KeyboardInterrupt(), RuntimeError("Query interrupted")):

        @by_kind("intake")
        def interrupted(*_: Any, error: BaseException = interrupt, **__: Any) -> NoReturn:
            raise error

        monkeypatch.setattr(waiting, "what_waits", interrupted)
        found = crosslife("run", "--home", home.root)
        assert found.exit_code == 130
        assert "interrupted" in found.output
        assert "failed" not in found.output
