from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import settings


@pytest.fixture
def _common_mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


@pytest.mark.usefixtures("_common_mask")
def test_a_new_home_and_its_zones_belong_to_the_owner_alone(tmp_path: Path) -> None:
    home = settings.Home(tmp_path / "home").prepare()
    assert {_mode(folder) for folder in (home.root, *home.zones())} == {0o700}


@pytest.mark.usefixtures("_common_mask")
def test_files_that_landed_before_the_first_run_do_not_leave_the_home_open(tmp_path: Path) -> None:
    home = settings.Home(tmp_path / "home")
    (home.landing / "accounts").mkdir(parents=True)
    home.prepare()
    assert [_mode(folder) & 0o007 for folder in (home.root, *home.zones())] == [0] * 10


def test_rights_of_a_group_are_kept(tmp_path: Path) -> None:
    home = settings.Home(tmp_path / "home").prepare()
    home.release.chmod(0o2755)
    home.prepare()
    assert _mode(home.release) == 0o2750


class _SomebodyElses(type(Path())):  # type: ignore[misc]
    """A folder whose rights only its owner, who is not us, may change."""

    def chmod(self, mode: int, *, follow_symlinks: bool = True) -> None:
        raise PermissionError(1, "Operation not permitted", str(self))


def test_an_open_home_of_somebody_else_is_refused_saying_what_to_do(tmp_path: Path) -> None:
    root = _SomebodyElses(tmp_path / "home")
    (Path(root) / "landing").mkdir(parents=True)
    Path(root).chmod(0o755)
    with pytest.raises(settings.ForeignHome, match=r"let the owner run `chmod o-rwx .*home`"):
        settings.Home(root).prepare()


def test_a_closed_home_of_somebody_else_is_taken_as_it_is(tmp_path: Path) -> None:
    settings.Home(tmp_path / "home").prepare()
    again = settings.Home(_SomebodyElses(tmp_path / "home")).prepare()
    assert _mode(again.root) == 0o700


def test_a_folder_that_holds_something_else_keeps_its_own_rights(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("not a home")
    tmp_path.chmod(0o755)
    settings.Home(tmp_path).prepare()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "landing").stat().st_mode & 0o777 == 0o700
