from __future__ import annotations

import json
import tempfile
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import settings as paths
from pipelines.identity import attributes, keys, sealing, vault
from pipelines.identity.attributes import StoredAttributes
from pipelines.identity.errors import LostVault, UnknownKind, VaultBusy, WrongKey
from pipelines.settings import Home

AT = datetime(2026, 3, 1, 9, 0)  # noqa: DTZ001 - naive UTC


def opened(home: Home):
    return vault.open_vault(home, keys.open_keyring(home), purpose="test")


def account(user_id: str, *, at: datetime = AT, **known):
    return pl.DataFrame([{"user_id": user_id, "updated_at": at, **known}])


def test_a_pseudonym_is_32_hex_digits_and_stays(resolve):
    [first] = resolve("u-1")
    assert first is not None
    assert len(first) == 32
    assert int(first, 16) >= 0
    assert resolve("u-1", "u-2")[0] == first


def test_domains_share_no_pseudonym(resolve):
    every = [resolve("u-1", domain=domain)[0] for domain in ("analytics", "ads", "support", "payments")]
    assert len(set(every)) == 4


def test_two_spellings_of_a_new_e_mail_in_one_batch_are_one_subject(resolve):
    one, two = resolve("learner12@example.com", " LEARNER12@example.com", kind="email")
    assert one == two


def test_the_same_text_as_user_and_as_browser_is_two_subjects(resolve):
    assert resolve("x") != resolve("x", kind="anonymous_id")


def test_null_values_are_left_out_and_blank_ones_have_no_pseudonym(home: Home):
    frame = pl.DataFrame({"kind": ["email", "email", "user_id"], "value": [None, " ", "u-1"]})
    with opened(home) as v:
        answer = v.resolve(frame, domain="analytics", at=AT)
    assert answer.select("kind", "value").rows() == [("email", " "), ("user_id", "u-1")]
    assert answer["pseudonym"].is_null().to_list() == [True, False]


def test_an_empty_batch_has_an_empty_answer(home: Home):
    with opened(home) as v:
        answer = v.resolve(pl.DataFrame(schema={"kind": pl.String, "value": pl.String}), domain="ads", at=AT)
    assert answer.schema == {"kind": pl.String, "value": pl.String, "pseudonym": pl.String}
    assert answer.is_empty()


def test_an_undeclared_domain_is_refused_before_anything_is_written(home: Home):
    with opened(home) as v:
        with pytest.raises(UnknownKind):
            v.resolve(pl.DataFrame({"kind": ["user_id"], "value": ["u-1"]}), domain="x'; --", at=AT)
        assert v._connection.execute("select count(*) from vault.subjects").fetchone() == (0,)


def test_without_commit_nothing_is_kept(home: Home, resolve):
    frame = pl.DataFrame({"kind": ["user_id"], "value": ["u-1"]})
    with opened(home) as v:
        lost = v.resolve(frame, domain="analytics", at=AT)["pseudonym"].to_list()
    assert resolve("u-1") != lost


def test_an_exception_keeps_what_was_committed_and_nothing_else(home: Home, resolve):
    frame = pl.DataFrame({"kind": ["user_id"] * 2, "value": ["u-1", "u-2"]})
    with suppress(UnknownKind), opened(home) as v:
        kept = v.resolve(frame[:1], domain="analytics", at=AT)["pseudonym"].to_list()
        v.commit()
        lost = v.resolve(frame[1:], domain="analytics", at=AT)["pseudonym"].to_list()
        v.resolve(frame, domain="nonsense", at=AT)
    assert resolve("u-1") == kept
    assert resolve("u-2") != lost


def test_e_mail_and_phone_lead_to_the_account_they_belong_to(home: Home, resolve):
    [user] = resolve("u-1")
    with opened(home) as v:
        stored = v.store_attributes(account("u-1", email="Learner12@example.com", phone="0812-0000-0001"))
        v.commit()
    assert stored == StoredAttributes(written=1, conflicts=0)
    assert resolve("learner12@EXAMPLE.com", kind="email") == resolve("+6281200000001", kind="phone") == [user]


@pytest.mark.parametrize("users", [["u-1", "u-2"], ["u-2", "u-1"]])
def test_whose_a_contact_is_does_not_depend_on_the_order_of_rows(home: Home, users: list[str]):
    named = pl.DataFrame({"kind": "user_id", "value": users})
    states = [account(user, email="learner12@example.com", name="A") for user in users]
    with opened(home) as v:
        pseudonyms = dict(v.resolve(named, domain="analytics", at=AT).select("value", "pseudonym").rows())
        v.store_attributes(pl.concat(states))
        owner = v.resolve(
            pl.DataFrame({"kind": ["email"], "value": ["learner12@example.com"]}), domain="analytics", at=AT
        )
    assert owner["pseudonym"].to_list() == [pseudonyms["u-1"]]


@pytest.mark.parametrize("names", [["Ayu", "Ayu Dewi"], ["Ayu Dewi", "Ayu"]])
def test_of_two_states_of_one_instant_the_same_stays_in_whatever_order_they_come(home: Home, names: list[str]):
    with opened(home) as v:
        v.store_attributes(pl.concat([account("u-1", name=name) for name in names]))
        assert [each["name"] for each in sealed_attributes(v)] == ["Ayu Dewi"]


def test_two_accounts_with_one_e_mail_are_not_merged_and_the_conflict_is_counted(home: Home, resolve):
    first, second = resolve("u-1", "u-2")
    both = pl.concat(
        [account("u-2", at=AT + timedelta(days=1), email="team@example.com"), account("u-1", email="Team@example.com")]
    )
    with opened(home) as v:
        stored = v.store_attributes(both)
        again = v.store_attributes(both)
        v.commit()
    assert (stored.conflicts, again.conflicts) == (1, 1)
    assert resolve("team@example.com", kind="email") == [first]
    assert resolve("u-2") == [second]


def sealed_attributes(v: vault.Vault) -> list[dict[str, str | None]]:
    rows = v._connection.execute(
        "select a.ciphertext, s.data_key, subject from vault.attributes as a "
        "join vault.domain_secrets as s using (subject) where domain = 'identity'"
    ).pl()
    columns = (rows["ciphertext"].to_list(), rows["data_key"].to_list(), rows["subject"].to_list())
    texts = sealing.unseal(columns[0], data_keys=columns[1], subjects=columns[2], what="attributes")
    return [json.loads(text) for text in texts]


def test_the_newest_attributes_win_in_whatever_order_they_arrive(home: Home):
    with opened(home) as v:
        newer, older = AT + timedelta(days=2), AT + timedelta(days=1)
        v.store_attributes(pl.concat([account("u-1", at=newer, name="Learner B"), account("u-1", name="Learner A")]))
        late = v.store_attributes(account("u-1", at=older, name="Learner C"))
        assert late.written == 0
        assert sealed_attributes(v) == [{"user_id": "u-1", "name": "Learner B"}]


def test_attributes_keep_dates_and_absent_values(home: Home):
    known = {"email": None, "name": "Learner 12", "phone": None, "birth_date": date(2000, 2, 1)}
    with opened(home) as v:
        v.store_attributes(account("u-1", **known))
        [stored] = sealed_attributes(v)
    assert stored == {"user_id": "u-1", **known, "birth_date": "2000-02-01"}
    assert set(stored) == set(attributes.SEALED)


def test_sealed_values_cannot_be_moved_to_another_subject(home: Home):
    with opened(home) as v:
        v.store_attributes(pl.concat([account("u-1", name="Learner 1"), account("u-2", name="Learner 2")]))
        v._connection.execute("update vault.attributes set subject = 3 - subject")
        with pytest.raises(WrongKey):
            sealed_attributes(v)


def test_accounts_with_instants_of_their_own_are_stored_in_bulk(home: Home):
    number = pl.int_range(20_000)
    accounts = pl.select(
        user_id=pl.format("u-{}", number),
        email=pl.format("learner{}@example.com", number),
        updated_at=pl.lit(AT) + pl.duration(seconds=number),
    )
    began = time.monotonic()
    with opened(home) as v:
        assert v.store_attributes(accounts) == StoredAttributes(written=20_000, conflicts=0)
    # A statement an instant instead of one a batch takes 45 s.
    assert time.monotonic() - began < 15


def test_links_keep_the_earliest_instant_of_each_pair(home: Home, resolve):
    browser, learners = resolve("b-1", kind="anonymous_id"), resolve("u-1", "u-2")
    day = timedelta(days=1)
    with opened(home) as v:
        for instants in ([AT + day, AT + 2 * day], [AT], [AT + 3 * day]):
            pairs = {"anonymous_id": "b-1", "user_id": "u-1", "linked_at": instants}
            v.link(pl.DataFrame(pairs))
        v.link(pl.DataFrame({"anonymous_id": ["b-1"], "user_id": ["u-2"], "linked_at": [AT]}))
        v.commit()
    with opened(home) as v:
        links = v.links(domain="analytics")
    assert links.columns == ["visitor_pseudonym", "learner_pseudonym", "linked_at"]
    assert set(links.rows()) == {(browser[0], learner, AT) for learner in learners}


def test_links_of_a_domain_name_only_who_has_a_pseudonym_there(home: Home, resolve):
    resolve("b-1", kind="anonymous_id")
    with opened(home) as v:
        v.link(pl.DataFrame({"anonymous_id": ["b-1"], "user_id": ["u-1"], "linked_at": [AT]}))
        v.commit()
        assert v.links(domain="analytics").is_empty()
        v.resolve(pl.DataFrame({"kind": ["user_id"], "value": ["u-1"]}), domain="analytics", at=AT)
        assert v.links(domain="analytics").height == 1
        assert v.links(domain="ads").is_empty()


def test_instants_with_a_zone_are_stored_as_utc(home: Home, resolve):
    resolve("u-1")
    resolve("b-1", kind="anonymous_id")
    with opened(home) as v:
        at = pl.Series([AT.replace(tzinfo=UTC)]).dt.convert_time_zone("Asia/Jakarta")
        v.link(pl.DataFrame({"anonymous_id": ["b-1"], "user_id": ["u-1"], "linked_at": at}))
        assert v.links(domain="analytics")["linked_at"].to_list() == [AT]


def test_a_lost_vault_file_is_not_replaced_by_an_empty_one(home: Home, resolve):
    resolve("u-1")
    (home.vault / "vault-1.duckdb").unlink()
    with pytest.raises(LostVault, match="restore it"):
        resolve("u-1")
    assert not list(home.vault.glob("*.duckdb"))


def test_a_vault_does_not_open_under_the_keyring_of_another_home(home: Home, resolve, tmp_path):
    resolve("u-1")
    other = paths.home(tmp_path / "other").prepare()
    keys.init(other)
    (home.vault / "vault-1.duckdb").replace(other.vault / "vault-1.duckdb")
    with pytest.raises(WrongKey, match="does not open"), opened(other):
        pass


def test_a_damaged_vault_says_so(home: Home, resolve):
    resolve("u-1")
    file = home.vault / "vault-1.duckdb"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(LostVault, match="damaged"):
        resolve("u-1")


def test_a_second_opening_is_told_that_the_vault_is_in_use(home: Home):
    with opened(home), pytest.raises(VaultBusy, match="wait"), opened(home):
        pass


def test_every_opening_is_logged_with_purpose_and_no_identifier(home: Home, resolve):
    resolve("u-secret-1")
    with opened(home):
        pass
    text = (home.vault / "access.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [set(line) for line in lines] == [{"opened_at", "pid", "purpose"}] * 2
    assert "u-secret-1" not in text


values = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), min_size=1, max_size=8, unique=True)


@settings(max_examples=15, deadline=None)
@given(first=values, second=values)
def test_identifiers_and_pseudonyms_correspond_one_to_one_across_batches_and_openings(first, second):
    with tempfile.TemporaryDirectory() as folder:
        home = paths.home(folder).prepare()
        keys.init(home)
        seen: dict[tuple[str, str], str] = {}
        for batch in (first, second, first + second):
            with opened(home) as v:
                for domain in ("analytics", "ads"):
                    frame = pl.DataFrame({"kind": ["user_id"] * len(batch), "value": batch})
                    for _, value, pseudonym in v.resolve(frame, domain=domain, at=AT).rows():
                        assert seen.setdefault((domain, value), pseudonym) == pseudonym
                v.commit()
        assert len(set(seen.values())) == len(seen) == 2 * len({*first, *second})
