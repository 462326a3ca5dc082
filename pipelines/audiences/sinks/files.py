"""Customer lists for upload by hand, hashed, in the formats that Meta, Google and TikTok document.

- Meta, headers `email` and `phone`: https://www.facebook.com/business/help/2082575038703844
- Google, headers `Email` and `Phone`, numbers hashed with their plus: https://support.google.com/google-ads/answer/7659867
- TikTok, headers `Email_SHA256` and `Phone_SHA256`, numbers without a plus:
  https://ads.tiktok.com/help/article/list-of-supported-ids-and-formats-for-a-customer-file

A list leads to people: it is for the owner alone (mode 0600), lies in the folder that is given and nowhere else, and goes by
`discard` once it was uploaded. Nothing is uploaded here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.audiences.contacts import Spelling
from pipelines.audiences.sinks.members import alone, checked
from pipelines.audiences.sinks.problems import NobodyLeft, UnfitMembers
from pipelines.audiences.sinks.protocol import Progress, Receipt, Session
from pipelines.identity.files import read_private, write_private

_EVERYWHERE = "everywhere"
_ID = re.compile(r"[a-z0-9-]+-[0-9a-f]{8}")


@dataclass(frozen=True)
class ListFormat:
    """How one recipient wants a list: the header of each field, and the spelling of phones before they are hashed."""

    recipient: str
    headers: Mapping[str, str]
    spelling: Spelling


META = ListFormat("meta", {"email_sha256": "email", "phone_sha256": "phone"}, Spelling.DIGITS)
GOOGLE = ListFormat("google", {"email_sha256": "Email", "phone_sha256": "Phone"}, Spelling.E164)
TIKTOK = ListFormat("tiktok", {"email_sha256": "Email_SHA256", "phone_sha256": "Phone_SHA256"}, Spelling.DIGITS)


class FileSink:
    """Lists of one recipient in one folder (see `Sink`).

    `<recipient>-<audience>.csv` is who shall be in it, `-add.csv` and `-remove.csv` who is to be added and taken out by hand,
    `<recipient>-everywhere-remove.csv` who is to be taken out of all. Whoever is removed is also struck off the lists that
    still lie there; removals add up until they are discarded.
    """

    is_by_hand = True

    def __init__(self, list_format: ListFormat, folder: Path, *, fields: tuple[str, ...] | None = None) -> None:
        """Write these fields of the format, all of them unless told."""
        self.fields = fields or tuple(list_format.headers)
        if unknown := sorted(set(self.fields) - set(list_format.headers)):
            raise UnfitMembers(f"a list for {list_format.recipient} has no column for {unknown}")
        self._format, self._folder = list_format, folder

    @property
    def recipient(self) -> str:
        """Its name in `recipients.yaml`."""
        return self._format.recipient

    @property
    def spelling(self) -> Spelling:
        """How phone numbers are spelt before they are hashed."""
        return self._format.spelling

    def ensure(self, name: str, description: str) -> str:
        """Return what the audience's files are called: the same for the same name, another for another."""
        plain = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") or "audience"
        return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def replace(self, audience_id: str, members: pl.DataFrame, *, session: Session, progress: Progress) -> Receipt:
        """Write the whole list anew. Raises NobodyLeft, after the old list was taken away, where nobody is in it."""
        people, place = checked(members, fields=self.fields), self._place(audience_id)
        if people.is_empty():
            place.unlink(missing_ok=True)
            message = (
                f"nobody is left for {place.name}: no list was written; empty the audience at the recipient by hand"
            )
            raise NobodyLeft(message)
        self._write(place, people)
        session.acknowledged(1)
        progress(f"{self.recipient}: a list of {people.height:,} for upload by hand")
        return Receipt(people.height, people.height, 0, 1)

    def add(self, audience_id: str, members: pl.DataFrame) -> Receipt:
        """Write or lengthen the list of who is to be added."""
        return self._lengthen(self._place(audience_id, "add"), checked(members, fields=self.fields))

    def remove(self, audience_id: str, members: pl.DataFrame) -> Receipt:
        """Write or lengthen the list of who is to be taken out, one hash a row."""
        forms = alone(members, fields=self.fields)
        self._strike([self._place(audience_id), self._place(audience_id, "add")], forms)
        return self._lengthen(self._place(audience_id, "remove"), forms)

    def remove_everywhere(self, members: pl.DataFrame) -> Receipt:
        """Write or lengthen the list of who is to be taken out of every audience, one hash a row."""
        forms = alone(members, fields=self.fields)
        self._strike([place for place in self._lists() if not place.stem.endswith("-remove")], forms)
        return self._lengthen(self._folder / f"{self.recipient}-{_EVERYWHERE}-remove.csv", forms)

    def discard(self) -> int:
        """Delete every list of this recipient, once all were uploaded; return how many there were."""
        lists = self._lists()
        for place in lists:
            place.unlink(missing_ok=True)
        return len(lists)

    def _place(self, audience_id: str, what: str = "") -> Path:
        if not _ID.fullmatch(audience_id):
            message = "an audience of lists is named by `ensure`, and this is no such name"
            raise UnfitMembers(message)
        return self._folder / f"{self.recipient}-{audience_id}{'-' if what else ''}{what}.csv"

    def _lists(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self.recipient}-*.csv"))

    def _lengthen(self, place: Path, more: pl.DataFrame) -> Receipt:
        if more.is_empty():
            return Receipt()
        self._write(place, checked(pl.concat([self._read(place), more]), fields=self.fields))
        return Receipt(more.height, more.height, 0, 1)

    def _strike(self, places: list[Path], forms: pl.DataFrame) -> None:
        for place in places:
            before = self._read(place)
            named = [pl.col(name).is_in(forms[name].drop_nulls().implode()) for name in self.fields]
            after = before.filter(~pl.any_horizontal(pl.coalesce(each, pl.lit(value=False)) for each in named))
            if after.is_empty():
                place.unlink(missing_ok=True)
            elif after.height < before.height:
                self._write(place, after)

    def _read(self, place: Path) -> pl.DataFrame:
        if not place.exists():
            return pl.DataFrame(schema=dict.fromkeys(self.fields, pl.String))
        headers = {self._format.headers[name]: name for name in self.fields}
        return pl.read_csv(read_private(place), schema=dict.fromkeys(headers, pl.String), null_values="").rename(
            headers
        )

    def _write(self, place: Path, people: pl.DataFrame) -> None:
        headers = {name: self._format.headers[name] for name in self.fields}
        write_private(place, content=people.rename(headers).write_csv().encode())
