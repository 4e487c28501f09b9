from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from recordkeeper.credentials.keyring import (
    UnusablePassphraseError,
    WrongPassphraseError,
    create_credential,
    verify_signature,
)
from recordkeeper.credentials.session import token_digest
from recordkeeper.errors import RefusalError
from recordkeeper.model.person import DisabledPersonError, NoKeyError, Person, SelfGrantError
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import directory
from recordkeeper.register.acts import Register
from recordkeeper.register.people_projection import person_rows
from recordkeeper.register.projection import rows_of_subject
from recordkeeper.services import people, places
from recordkeeper.services.initiation import Beginning, Initiated, initiate, prepare
from recordkeeper.services.people import Actor
from recordkeeper.services.right import NoRightError

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
TODAY = date(2026, 11, 23)
SECRET, OTHER = "correct horse", "battery staple"


@pytest.fixture(scope="module")
def beginning() -> Beginning:
    return prepare(company="绿城物业", time_zone="Asia/Shanghai", login="boss", name="李雷", passphrase=SECRET, now=NOW)


@pytest.fixture
def begun(register: Register, beginning: Beginning, tmp_path: Path) -> Initiated:
    archive = StorageRoot(tmp_path / "archive" / "objects", tmp_path / "archive" / "incoming")
    return initiate(beginning, register, archive, tmp_path / "log.key", NOW)


@pytest.fixture
def boss(begun: Initiated) -> Actor:
    person = begun.controller
    return Actor(person.subject, person.login, person.name)


@pytest.fixture
def clerk(register: Register, boss: Actor) -> Actor:
    person = people.add_user(register, boss, login="clerk", name="王芳", passphrase=OTHER, now=NOW)
    return Actor(person.subject, person.login, person.name)


@pytest.fixture
def estate(register: Register, boss: Actor) -> str:
    return places.add_unit(
        register, boss, code="SH", kind="estate", name_zh="山海苑", name_en="", parent="HQ", now=NOW
    ).subject


def events(register: Register) -> list[tuple[str, str | None, str]]:
    with register.reading() as snapshot:
        return [(event.kind, event.subject, event.actor) for event in snapshot.events()]


def give(register: Register, by: Actor, login: str, role: str, unit: str) -> Person:
    return people.grant(register, by, login=login, role=role, unit=unit, valid_from=None, valid_to=None, now=NOW)


def roles(register: Register, actor: Actor, unit: str, on: date = TODAY) -> frozenset[str]:
    with register.reading() as snapshot:
        return people.standing(snapshot, actor, unit, on).roles


def test_a_workspace_begins_with_its_root_unit_and_a_controller(
    register: Register, begun: Initiated, tmp_path: Path
) -> None:
    assert (begun.unit.subject, begun.controller.subject) == ("unit/1", "person/1")
    assert events(register) == [("init", "unit/1", "person/1"), ("init", "person/1", "person/1")]
    assert begun.controller.roles_at({"unit/1"}, TODAY) == {"controller"}
    assert (tmp_path / "log.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "archive" / "objects" / "0=ocfl_1.1").is_file()
    assert "PRIVATE" not in begun.unit.log_key
    assert begun.unit.log_key.startswith("recordkeeper/")


def test_what_cannot_begin_is_refused_before_anything_is_made() -> None:
    with pytest.raises(UnusablePassphraseError):
        prepare(company="a", time_zone="Asia/Shanghai", login="boss", name="b", passphrase="short", now=NOW)


def test_a_role_at_a_unit_holds_below_it_and_not_above(
    register: Register, boss: Actor, clerk: Actor, estate: str
) -> None:
    give(register, boss, "clerk", "reception", estate)
    below = places.add_unit(
        register, boss, code="SH1", kind="office", name_zh="前台", name_en="", parent="SH", now=NOW
    ).subject
    assert roles(register, clerk, estate) == roles(register, clerk, below) == {"reception"}
    assert roles(register, clerk, "unit/1") == frozenset()
    assert roles(register, boss, below) == {"controller"}


def test_projected_rows_are_those_that_follow_from_the_acts(
    register: Register, boss: Actor, clerk: Actor, estate: str
) -> None:
    give(register, boss, "clerk", "reception", estate)
    with register.reading() as snapshot:
        person = people.person_of(snapshot, clerk.subject)
        stored = snapshot.connection.exec_driver_sql(
            "SELECT subject, person, role, unit, valid_from, valid_to FROM role_grant WHERE subject = 'person/2'"
        ).all()
    expected = [row for table, row in rows_of_subject(clerk.subject, person_rows(person)) if table == "role_grant"]
    assert [tuple(row) for row in stored] == expected


def test_only_a_controller_of_the_company_adds_users(
    register: Register, boss: Actor, clerk: Actor, estate: str
) -> None:
    before = events(register)
    with pytest.raises(NoRightError):
        people.add_user(register, clerk, login="eve", name="Eve", passphrase=SECRET, now=NOW)
    give(register, boss, "clerk", "controller", estate)
    with pytest.raises(NoRightError):
        people.add_user(register, clerk, login="eve", name="Eve", passphrase=SECRET, now=NOW)
    assert len(events(register)) == len(before) + 1


def test_a_login_is_taken_once(register: Register, boss: Actor, clerk: Actor) -> None:
    with pytest.raises(people.LoginTakenError) as refused:
        people.add_user(register, boss, login=clerk.login, name="Eve", passphrase=SECRET, now=NOW)
    assert isinstance(refused.value, RefusalError)
    with register.reading() as snapshot:
        assert snapshot.history("person/3") is None
        assert snapshot.credential("person/3") is None


def test_a_controller_grants_at_their_unit_alone_and_never_to_themselves(
    register: Register, boss: Actor, clerk: Actor, estate: str
) -> None:
    give(register, boss, "clerk", "controller", estate)
    give(register, clerk, "boss", "reception", estate)
    with pytest.raises(NoRightError):
        give(register, clerk, "boss", "reception", "unit/1")
    with pytest.raises(SelfGrantError):
        give(register, clerk, "clerk", "reception", estate)


def test_a_revoked_role_gives_no_right_from_that_day_on(
    register: Register, boss: Actor, clerk: Actor, estate: str
) -> None:
    people.grant(
        register,
        boss,
        login="clerk",
        role="reception",
        unit=estate,
        valid_from=TODAY - timedelta(days=3),
        valid_to=None,
        now=NOW,
    )
    people.revoke(register, boss, login="clerk", role="reception", unit=estate, on=None, now=NOW)
    assert roles(register, clerk, estate) == frozenset()
    assert roles(register, clerk, estate, TODAY - timedelta(days=1)) == {"reception"}


def test_the_last_controller_stays(register: Register, boss: Actor, clerk: Actor) -> None:
    with pytest.raises(people.LastControllerError):
        people.revoke(register, boss, login="boss", role="controller", unit="unit/1", on=None, now=NOW)
    give(register, boss, "clerk", "controller", "unit/1")
    people.revoke(register, boss, login="boss", role="controller", unit="unit/1", on=None, now=NOW)
    with pytest.raises(NoRightError):
        give(register, boss, "clerk", "head", "unit/1")


def test_the_right_passphrase_proves_who_acts_and_a_wrong_one_leaves_its_event(register: Register, boss: Actor) -> None:
    assert people.authenticate(register, "boss", SECRET, NOW) == boss
    with pytest.raises(WrongPassphraseError):
        people.authenticate(register, "boss", OTHER, NOW)
    assert events(register)[-1] == ("wrong-passphrase", "person/1", "program")
    with pytest.raises(people.UnknownPersonError):
        people.authenticate(register, "nobody", SECRET, NOW)


def test_a_session_opens_ends_and_is_closed(register: Register, boss: Actor) -> None:
    session = people.open_session(register, "boss", SECRET, NOW)
    later = NOW + timedelta(hours=7, minutes=59)
    assert people.actor_of_session(register, session.token, later) == boss
    assert people.actor_of_session(register, "guess", NOW) is None
    people.close_session(register, boss, session.token, NOW)
    assert people.actor_of_session(register, session.token, NOW) is None
    assert [kind for kind, _subject, _actor in events(register)][-2:] == ["login", "logout"]


def test_a_session_that_no_login_began_proves_nothing(register: Register, boss: Actor) -> None:
    token = "0" * 64
    with register.writing(now=NOW) as transaction:
        transaction.open_session(token_digest(token), boss.subject, NOW + timedelta(hours=1))
    assert people.actor_of_session(register, token, NOW) is None


def test_a_session_whose_end_was_put_off_ends_when_it_was_to_end(register: Register, boss: Actor) -> None:
    session = people.open_session(register, "boss", SECRET, NOW)
    digest = token_digest(session.token)
    with register.writing(now=NOW) as transaction:
        transaction.close_session(digest)
        transaction.open_session(digest, boss.subject, NOW + timedelta(days=99))
    assert people.actor_of_session(register, session.token, session.ends_at - timedelta(seconds=1)) == boss
    with pytest.raises(people.SessionEndedError):
        people.actor_of_session(register, session.token, session.ends_at)


def test_a_session_holds_for_eight_hours_whatever_is_done_in_it_and_ends_with_its_own_refusal(
    register: Register, boss: Actor
) -> None:
    session, token = people.open_session(register, "boss", SECRET, NOW), token_digest
    assert session.ends_at == NOW + timedelta(hours=8)
    for hours in range(8):
        moment = NOW + timedelta(hours=hours)
        people.add_user(register, boss, login=f"u{hours}", name=f"员工{hours}", passphrase=OTHER, now=moment)
        assert people.actor_of_session(register, session.token, moment) == boss
    assert people.actor_of_session(register, session.token, session.ends_at - timedelta(seconds=1)) == boss
    other = people.open_session(register, "u0", OTHER, session.ends_at + timedelta(minutes=1))
    with register.reading() as snapshot:
        assert snapshot.session_person(token(session.token), NOW) is None  # forgotten with the next login
    for after in (timedelta(), timedelta(minutes=2), timedelta(days=400)):
        with pytest.raises(people.SessionEndedError) as ended:
            people.actor_of_session(register, session.token, session.ends_at + after, boss.subject)
        assert (ended.value.subject, ended.value.found) == ("boss", "2026-11-23 22:05 +0800")
    people.record_refusal(register, None, ended.value.subject, session.ends_at)
    assert events(register)[-1] == ("refuse", boss.subject, "program")
    assert people.actor_of_session(register, session.token, session.ends_at, other.actor.subject) is None
    again = people.open_session(register, "boss", SECRET, session.ends_at + timedelta(minutes=3))
    assert again.token != session.token
    with pytest.raises(people.SessionEndedError):  # a new session does not bring the old one's file to life
        people.actor_of_session(register, session.token, again.ends_at - timedelta(hours=1), boss.subject)


def test_a_closed_account_neither_logs_in_nor_keeps_its_session(register: Register, boss: Actor, clerk: Actor) -> None:
    token = people.open_session(register, "clerk", OTHER, NOW).token
    people.disable(register, boss, login="clerk", on=None, reason="left", now=NOW)
    assert people.actor_of_session(register, token, NOW) is None
    with pytest.raises(DisabledPersonError):
        people.authenticate(register, "clerk", OTHER, NOW)
    with pytest.raises(DisabledPersonError):
        people.open_signing_key(register, clerk, OTHER, NOW, unattended=False)


def test_who_has_a_retired_key_is_told_how_to_get_another(register: Register, boss: Actor, clerk: Actor) -> None:
    people.retire_key(register, boss, login="clerk", reason="stolen", now=NOW)
    with pytest.raises(NoKeyError, match="the controller sets a new one: user passphrase clerk"):
        people.open_signing_key(register, clerk, OTHER, NOW, unattended=False)


def test_a_closed_account_gets_no_new_passphrase_and_key(register: Register, boss: Actor, clerk: Actor) -> None:
    tomorrow = TODAY + timedelta(days=1)
    people.disable(register, boss, login="clerk", on=tomorrow, reason="leaves", now=NOW)
    people.reset_passphrase(register, boss, login="clerk", passphrase=SECRET, reason="forgotten", now=NOW)
    before = events(register)
    with pytest.raises(DisabledPersonError):
        people.reset_passphrase(
            register, boss, login="clerk", passphrase=OTHER, reason="back", now=NOW + timedelta(days=1)
        )
    with register.reading() as snapshot:
        person = people.person_of(snapshot, clerk.subject)
    assert events(register) == before
    assert person.disabled_on == tomorrow


def test_an_account_closed_from_a_later_day_works_until_then(register: Register, boss: Actor, clerk: Actor) -> None:
    last_day = TODAY + timedelta(days=1)
    person = people.disable(register, boss, login="clerk", on=last_day, reason="leaves", now=NOW)
    # Midnight of 24 November in Shanghai.
    assert person.keys[0].to_at == "2026-11-23T16:00:00Z"
    token = people.open_session(register, "clerk", OTHER, NOW).token
    assert people.actor_of_session(register, token, NOW) == clerk
    assert people.actor_of_session(register, token, NOW + timedelta(hours=10)) is None


def test_a_signature_is_made_with_the_key_that_the_acts_name(register: Register, clerk: Actor) -> None:
    signer = people.open_signing_key(register, clerk, OTHER, NOW, unattended=True)
    with register.reading() as snapshot:
        person = people.person_of(snapshot, clerk.subject)
    assert signer.public_key == person.key_at(NOW)
    assert signer.unattended
    assert verify_signature(signer.public_key, signer.sign(b"state"), b"state")
    with pytest.raises(WrongPassphraseError):
        people.open_signing_key(register, clerk, SECRET, NOW, unattended=False)


def test_a_shared_account_logs_in_and_does_not_sign(register: Register, boss: Actor) -> None:
    person = people.add_shared_account(register, boss, login="desk", name="前台", passphrase=SECRET, now=NOW)
    desk = people.authenticate(register, "desk", SECRET, NOW)
    assert person.is_shared
    with pytest.raises(NoKeyError):
        people.open_signing_key(register, desk, SECRET, NOW, unattended=False)


def test_a_changed_passphrase_keeps_the_key_and_ends_sessions(register: Register, clerk: Actor) -> None:
    before = people.open_signing_key(register, clerk, OTHER, NOW, unattended=False).public_key
    token = people.open_session(register, "clerk", OTHER, NOW).token
    people.change_passphrase(register, clerk, old=OTHER, new="a third one", now=NOW)
    after = people.open_signing_key(register, clerk, "a third one", NOW, unattended=False).public_key
    assert before == after
    assert people.actor_of_session(register, token, NOW) is None
    with pytest.raises(WrongPassphraseError):
        people.authenticate(register, "clerk", OTHER, NOW)
    with pytest.raises(WrongPassphraseError):
        people.change_passphrase(register, clerk, old=OTHER, new="a fourth one", now=NOW)


def test_a_reset_passphrase_brings_a_new_key_and_keeps_the_old_one_in_the_past(
    register: Register, boss: Actor, clerk: Actor
) -> None:
    old_key = people.open_signing_key(register, clerk, OTHER, NOW, unattended=False).public_key
    later = NOW + timedelta(hours=1)
    person = people.reset_passphrase(
        register, boss, login="clerk", passphrase="brand new one", reason="forgotten", now=later
    )
    assert [kind for kind, _subject, _actor in events(register)][-2:] == ["retire-key", "passphrase"]
    assert person.key_at(NOW) == old_key
    new_key = people.open_signing_key(register, clerk, "brand new one", later, unattended=False).public_key
    assert new_key != old_key
    assert person.key_at(later) == new_key
    with pytest.raises(SelfGrantError):
        people.reset_passphrase(register, boss, login="boss", passphrase=OTHER, reason="x", now=later)
    with pytest.raises(NoRightError):
        people.reset_passphrase(register, clerk, login="boss", passphrase=OTHER, reason="x", now=later)


def test_a_credential_put_in_place_of_anothers_opens_nothing(register: Register, boss: Actor) -> None:
    forged, _key = create_credential(OTHER)
    with register.writing(now=NOW) as transaction:
        transaction.set_credential(boss.subject, forged.passphrase_hash, forged.sealed_key)
    with pytest.raises(people.AlteredCredentialError):
        people.authenticate(register, "boss", OTHER, NOW)


def test_a_refusal_leaves_an_event_that_names_nobody(register: Register, boss: Actor, clerk: Actor) -> None:
    people.record_refusal(register, clerk, "boss", NOW)
    people.record_refusal(register, None, "张伟 phone", NOW)
    people.record_refusal(register, clerk, "", NOW)
    people.record_refusal(register, clerk, "unit/1", NOW)
    assert events(register)[-4:] == [
        ("refuse", boss.subject, clerk.subject),
        ("refuse", None, "program"),
        ("refuse", None, clerk.subject),
        ("refuse", "unit/1", clerk.subject),
    ]


def test_people_are_found_by_login_id_and_name(register: Register, boss: Actor, clerk: Actor) -> None:
    people.add_user(register, boss, login="fang", name="王芳", passphrase=OTHER, now=NOW)
    with register.reading() as snapshot:
        assert people.find_person(snapshot, "clerk").subject == clerk.subject
        assert people.find_person(snapshot, "person/2").login == "clerk"
        assert people.find_person(snapshot, "李雷").login == "boss"
        with pytest.raises(people.SeveralPersonsError):
            people.find_person(snapshot, "王芳")
        for nobody in ("eve", "person/99", "unit/1", "' OR 1=1 --"):
            with pytest.raises(people.UnknownPersonError):
                people.find_person(snapshot, nobody)
    assert [person.login for person in people.everybody(register)] == ["boss", "clerk", "fang"]


def test_an_amended_name_is_found_and_the_login_stays(register: Register, boss: Actor, clerk: Actor) -> None:
    people.amend_user(register, boss, login="clerk", name="王方", reason="misspelt", now=NOW)
    with register.reading() as snapshot:
        assert directory.persons_named(snapshot, "王方") == [clerk.subject]
        assert directory.persons_named(snapshot, "王芳") == []


def guess(register: Register, passphrase: str, at: datetime) -> str:
    try:
        people.authenticate(register, "boss", passphrase, at)
    except RefusalError as refused:
        return refused.kind
    return "proven"


def test_after_many_wrong_passphrases_each_further_one_waits_longer(register: Register, boss: Actor) -> None:
    assert [guess(register, "a guess", NOW) for _number in range(6)] == [*5 * ["wrong-passphrase"], "too-many-attempts"]
    assert guess(register, SECRET, NOW + timedelta(seconds=29)) == "too-many-attempts"
    assert guess(register, "a guess", NOW + timedelta(seconds=30)) == "wrong-passphrase"
    assert guess(register, SECRET, NOW + timedelta(seconds=89)) == "too-many-attempts"
    assert guess(register, SECRET, NOW + timedelta(seconds=90)) == "proven"
    with pytest.raises(people.TooManyAttemptsError, match="wait 1 second, or ask the controller"):
        people.open_signing_key(register, boss, SECRET, NOW + timedelta(seconds=89), unattended=False)
    assert [kind for kind, _subject, _actor in events(register)].count("wrong-passphrase") == 6


def test_a_login_ends_the_waiting_and_nobody_waits_for_another(register: Register, boss: Actor, clerk: Actor) -> None:
    for _number in range(5):
        guess(register, "a guess", NOW)
    assert people.authenticate(register, "clerk", OTHER, NOW) == clerk
    later = NOW + timedelta(seconds=30)
    people.open_session(register, "boss", SECRET, later)
    assert [guess(register, "a guess", later) for _number in range(5)] == 5 * ["wrong-passphrase"]


def test_the_longest_wait_is_a_quarter_of_an_hour(register: Register, boss: Actor) -> None:
    at = NOW
    for _number in range(12):
        at += people.LONGEST_WAIT
        assert guess(register, "a guess", at) == "wrong-passphrase"
    assert guess(register, SECRET, at + people.LONGEST_WAIT) == "proven"
