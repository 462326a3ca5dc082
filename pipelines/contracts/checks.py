"""The checks of one contract's words against the taxonomy, and of treatments against identifiers.

Checks between contracts do not belong here (see `relations`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.contracts.documents import Findings
from pipelines.contracts.odcs import Entry
from pipelines.contracts.registers import Taxonomy


@dataclass(frozen=True)
class Vocabulary:
    """Checks the words of single entries against the taxonomy."""

    taxonomy: Taxonomy
    findings: Findings

    def check_dataset(self, entry: Entry) -> None:
        """Check a contract's own category and purposes."""
        self.check_words(entry, "category")
        self.check_purposes(entry)

    def check_purposes(self, entry: Entry) -> None:
        """Check that every purpose is known and stands on a lawful basis that can bear it."""
        self._many(entry, "purposes", self.taxonomy.purposes, needed=True)
        bases = entry.value("lawful_basis") or {}
        place = entry.place("lawful_basis")
        for purpose in entry.names("purposes"):
            known = self.taxonomy.purposes.get(purpose)
            if known and bases.get(purpose) not in known.lawful_bases:
                mend = f"add `{purpose}: {' or '.join(known.lawful_bases)}` to lawfulBasis"
                self.findings.add(place, f"purpose `{purpose}` has no lawful basis that can bear it", mend=mend)
        for purpose in bases.keys() - set(entry.names("purposes")):
            self.findings.add(place, f"lawful basis for `{purpose}`, which is no purpose here", mend="remove it")

    def check_words(self, row: Entry, *names: str) -> None:
        """Check that a column has a word for each name, and that the taxonomy knows it."""
        known: dict[str, Mapping[str, object]] = {
            "category": self.taxonomy.categories,
            "classification": self.taxonomy.classifications,
            "treatment": self.taxonomy.treatments,
            "identifier": self.taxonomy.identifiers,
            "identifier_kind": self.taxonomy.identifier_kinds,
            "unit": self.taxonomy.units,
        }
        for name in names:
            self._one(row, name, known[name])

    def check_consent(self, rule: Entry) -> None:
        """Check the purposes a consent rule knows of."""
        categories = rule.value("categories")
        named = Entry(rule.place("categories"), dict(rule.place("categories").items())) if categories else rule
        for name in categories or ():
            self._many(named, name, self.taxonomy.purposes, needed=True)
        self._many(rule, "gpc_denies", self.taxonomy.purposes, needed=False)

    def check_field(self, row: Entry, contract: Entry) -> None:
        """Check a field's words, and that its treatment suffices for what it is and stores what it leaves."""
        self.check_words(row, "category", "classification", "treatment", "identifier")
        if "identifier_kind" in row.parts:
            self.check_words(row, "identifier_kind")
        self._many(row, "purposes", self.taxonomy.purposes, needed=False)
        for purpose in row.names("purposes"):
            if purpose in self.taxonomy.purposes and purpose not in contract.names("purposes"):
                mend = "add it to the contract's purposes, or remove it here"
                self.findings.add(
                    row.place("purposes"), f"the contract does not declare purpose `{purpose}`", mend=mend
                )
        kind = self.taxonomy.identifier_kinds.get(str(row.value("identifier_kind")))
        if kind and kind.stands_for and "consent" not in contract.parts:
            what = f"`{row.value('path')}` is matched by its hash, and nobody is asked for consent to that"
            self.findings.add(row.place("identifier_kind"), what, mend="add a consent rule to the contract")
        self._treatment(row)

    def _treatment(self, row: Entry) -> None:
        treatment = self.taxonomy.treatments.get(str(row.value("treatment")))
        if treatment is None:
            return
        path, name, identifier = row.value("path"), row.value("treatment"), str(row.value("identifier"))
        place = row.place("treatment")
        if identifier in self.taxonomy.identifiers and identifier not in treatment.sufficient_for:
            enough = [each for each, one in self.taxonomy.treatments.items() if identifier in one.sufficient_for]
            what = f"treatment `{name}` of `{path}` is not sufficient for a {identifier} identifier"
            self.findings.add(place, what, mend=f"use one of {', '.join(enough)}")
        if name in ("vault", "pseudonymise") and "identifier_kind" not in row.parts:
            mend = f"add identifierKind: one of {', '.join(self.taxonomy.identifier_kinds)}"
            self.findings.add(place, f"`{path}` goes to the vault without an identifier kind", mend=mend)
        if name == "url_path" and not (row.value("path_templates") or row.value("path_templates_from")):
            mend = "add pathTemplates: the paths that may be shown"
            self.findings.add(place, f"`{path}` does not say which paths may be shown", mend=mend)
        stored = row.value("stored_as") or []
        columns = len(stored) if isinstance(stored, list) else 1
        if "instead_of" in row.parts:
            self._alternative(row, columns)
        elif columns != treatment.columns:
            what = f"treatment `{name}` of `{path}` stores {treatment.columns} columns, storedAs names {columns}"
            mend = f"name {treatment.columns} in storedAs" if treatment.columns else "remove storedAs"
            self.findings.add(row.place("stored_as"), what, mend=f"{mend}, or choose another treatment")

    def _alternative(self, row: Entry, columns: int) -> None:
        if row.value("treatment") != "pseudonymise" or columns:
            what = f"`{row.value('path')}` stands in for another identifier, but is not pseudonymised into its column"
            self.findings.add(row.place("instead_of"), what, mend="use pseudonymise and no storedAs")

    def _one(self, entry: Entry, name: str, known: Mapping[str, object]) -> None:
        label = entry.value("path") or entry.value("name") or "the contract"
        if name not in entry.parts:
            self.findings.add(entry.owner, f"`{label}` has no {name}", mend=f"add {name}: one of {', '.join(known)}")
        elif entry.value(name) not in known:
            what = f"{name} `{entry.value(name)}` of `{label}` is not in the taxonomy"
            self.findings.add(entry.place(name), what, mend=f"use one of {', '.join(known)}")

    def _many(self, entry: Entry, name: str, known: Mapping[str, object], *, needed: bool) -> None:
        if needed and not entry.names(name):
            label = entry.value("name") or "the contract"
            self.findings.add(
                entry.place(name), f"`{label}` has no {name}", mend=f"add {name}: some of {', '.join(known)}"
            )
        for word in entry.names(name):
            if word not in known:
                what = f"`{word}` in {name} is not in the taxonomy"
                self.findings.add(entry.place(name), what, mend=f"use one of {', '.join(known)}")
