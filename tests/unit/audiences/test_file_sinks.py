from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from pipelines.audiences.contacts import Spelling
from pipelines.audiences.sinks import NobodyLeft, Session, UnfitMembers, files


def h(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def frame(*rows: tuple[str | None, str | None]) -> pl.DataFrame:
    hashed = [tuple(each and h(each) for each in row) for row in rows]
    return pl.DataFrame(hashed, schema={"email_sha256": pl.String, "phone_sha256": pl.String}, orient="row")


SARI, BUDI, RINI = ("sari@contoh.example", "62812"), ("budi@contoh.example", None), (None, "62813")


def replace(sink: files.FileSink, audience: str, members: pl.DataFrame) -> None:
    sink.replace(audience, members, session=Session(1), progress=lambda _: None)


def lines(place: Path) -> list[str]:
    return place.read_text().splitlines()


@pytest.mark.parametrize(
    ("list_format", "header", "spelling"),
    [
        (files.META, "email,phone", Spelling.DIGITS),
        (files.GOOGLE, "Email,Phone", Spelling.E164),
        (files.TIKTOK, "Email_SHA256,Phone_SHA256", Spelling.DIGITS),
    ],
)
def test_a_list_has_the_documented_headers_and_is_the_owners_alone(
    tmp_path: Path, list_format: files.ListFormat, header: str, spelling: Spelling
) -> None:
    sink = files.FileSink(list_format, tmp_path / "lists")
    audience = sink.ensure("Belum selesai", "")
    replace(sink, audience, frame(SARI, BUDI, RINI, SARI))
    (place,) = (tmp_path / "lists").iterdir()
    assert place.stat().st_mode & 0o777 == 0o600
    assert lines(place)[0] == header
    assert sorted(lines(place)[1:]) == sorted(
        [f"{h(SARI[0])},{h('62812')}", f"{h('budi@contoh.example')},", f",{h('62813')}"]
    )
    assert (sink.recipient, sink.spelling) == (list_format.recipient, spelling)


def test_the_name_of_an_audience_is_its_files_and_no_others(tmp_path: Path) -> None:
    sink = files.FileSink(files.META, tmp_path)
    assert sink.ensure("Belum selesai", "a") == sink.ensure("Belum selesai", "b")
    assert sink.ensure("Belum selesai", "") != sink.ensure("belum-selesai", "")
    with pytest.raises(UnfitMembers):
        replace(sink, "../elsewhere", frame(SARI))
    assert list(tmp_path.iterdir()) == []


def test_whoever_is_removed_is_struck_off_the_lists_that_lie_there(tmp_path: Path) -> None:
    sink = files.FileSink(files.META, tmp_path)
    one, two = sink.ensure("satu", ""), sink.ensure("dua", "")
    for audience in (one, two):
        replace(sink, audience, frame(SARI, BUDI))
        sink.add(audience, frame(SARI, RINI))
    sink.remove(one, frame(("sari@contoh.example", None)))
    assert h(SARI[0]) not in (tmp_path / f"meta-{one}.csv").read_text() + (tmp_path / f"meta-{one}-add.csv").read_text()
    assert h(SARI[0]) in (tmp_path / f"meta-{two}.csv").read_text()
    sink.remove_everywhere(frame((None, "62813")))
    assert h("62813") not in (tmp_path / f"meta-{two}-add.csv").read_text()
    assert not (tmp_path / f"meta-{one}-add.csv").exists()
    assert lines(tmp_path / "meta-everywhere-remove.csv") == ["email,phone", f",{h('62813')}"]


def test_removals_add_up_until_they_are_discarded(tmp_path: Path) -> None:
    sink = files.FileSink(files.TIKTOK, tmp_path)
    audience = sink.ensure("satu", "")
    sink.remove(audience, frame(SARI))
    sink.remove(audience, frame(BUDI))
    sink.remove(audience, frame(BUDI))
    assert len(lines(tmp_path / f"tiktok-{audience}-remove.csv")) == 1 + 3
    other = files.FileSink(files.META, tmp_path)
    other.remove(audience, frame(SARI))
    assert sink.discard() == 1
    assert [place.name for place in tmp_path.iterdir()] == [f"meta-{audience}-remove.csv"]


def test_a_list_of_nobody_is_no_list_and_the_old_one_goes(tmp_path: Path) -> None:
    sink = files.FileSink(files.META, tmp_path)
    audience = sink.ensure("satu", "")
    replace(sink, audience, frame(SARI))
    with pytest.raises(NobodyLeft):
        replace(sink, audience, frame((None, None)))
    assert list(tmp_path.iterdir()) == []


def test_one_field_alone_is_one_column(tmp_path: Path) -> None:
    sink = files.FileSink(files.GOOGLE, tmp_path, fields=("email_sha256",))
    audience = sink.ensure("satu", "")
    replace(sink, audience, frame(SARI, RINI))
    assert lines(tmp_path / f"google-{audience}.csv") == ["Email", h(SARI[0])]
    sink.remove(audience, frame(SARI))
    assert lines(tmp_path / f"google-{audience}-remove.csv") == ["Email", h(SARI[0])]


def test_what_is_no_hash_is_never_written(tmp_path: Path) -> None:
    sink = files.FileSink(files.META, tmp_path)
    raw = pl.DataFrame({"email_sha256": ["sari@contoh.example"], "phone_sha256": [None]})
    for attempt in (
        lambda: replace(sink, sink.ensure("satu", ""), raw),
        lambda: sink.add(sink.ensure("satu", ""), raw),
        lambda: sink.remove_everywhere(raw),
    ):
        with pytest.raises(UnfitMembers) as refused:
            attempt()
        assert "sari" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []
