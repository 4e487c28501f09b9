"""Maker is not checker, said by the database itself to the role that the program works as, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW, SECRET
from packages import form, write_package
from recordkeeper.model.canonical import Content
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NotYoursError
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.connection import NotPermittedError
from recordkeeper.register.record_projection import record_rows
from recordkeeper.services import lifecycle, people
from recordkeeper.services.lifecycle import Scan
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import Answer, verify
from stage import Stages

WORK, UNSIGNED, PENNED = "QR-900-01", "QR-900-02", "QR-900-03"
CHECKED = {"by": "head", "sign": "one", "meaning": "approved"}
FORMS = (
    form(
        WORK,
        section("entry", field("what"), sign="one", meaning="received"),
        section("check", other_than=["entry"], **CHECKED),
        amendment={"countersign": {"by": ["head"]}},
    ),
    form(UNSIGNED, section("entry", field("what")), section("check", other_than=["entry"], **CHECKED)),
    form(
        PENNED,
        section("entry", field("what"), sign="one", meaning="received", on_paper=True),
        section("check", other_than=["entry"], on_paper=True, **CHECKED),
    ),
)
CHECKER, APPROVER = "ck_approval_checker", "ck_form_revision_approver"


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", *FORMS)

    with office_with(stages, database, tmp_path, "checkers", [package], "clerk", "head") as opened:
        key = people.open_signing_key(opened.register, opened.actors["stranger"], SECRET, NOW, unattended=False)
        yield ActingCompany(opened.register, opened.actors, {**opened.signers, "stranger": key})


def entered(company: ActingCompany, code: str) -> str:
    number = company.new("clerk", code, {"what": "来访"})
    if code != UNSIGNED:
        company.sign("clerk", number, "entry")
    return number


def check_of(company: ActingCompany, number: str) -> Content:
    """The act by which the head signs the check, as the program decides it."""
    with company.register.reading() as snapshot:
        setting, record = Setting(snapshot, NOW), load(snapshot, number)
        return record.sign("check", setting.standing(company.actors["head"].subject, record.unit), setting.moment)


def store(company: ActingCompany, number: str, content: Content) -> None:
    """Write an act that no rule of the program has looked at, with all that follows from it."""
    with company.register.writing(now=NOW) as transaction:
        record = load(transaction, number)
        after = Record.replay(record.form, record.history.followed_by(content))
        transaction.append(record.history, content, record_rows(after))


def rows(company: ActingCompany, number: str) -> set[tuple[int, str, str]]:
    query = f"SELECT act_number, maker, checker FROM approval WHERE subject = 'record/{number}'"
    with company.register.reading() as snapshot:
        return {
            (int(act), str(maker), str(checker)) for act, maker, checker in snapshot.connection.exec_driver_sql(query)
        }


def run(company: ActingCompany, statement: str) -> None:
    with company.register.writing(now=NOW) as transaction:
        transaction.connection.exec_driver_sql(statement)


def grant(company: ActingCompany, who: str, role: str) -> None:
    people.grant(
        company.register, company.actors["boss"], login=company.actors[who].login, role=role, unit=ROOT_UNIT,
        valid_from=None, valid_to=None, now=NOW,
    )  # fmt: skip


def stand_in(company: ActingCompany, of: str) -> None:
    """Let the stranger stand in for somebody today."""
    people.deputize(
        company.register, company.actors["boss"], login=company.actors[of].login,
        deputy=company.actors["stranger"].login, unit=ROOT_UNIT, valid_from=None, valid_to=NOW.date(),
        reason="年休假", now=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("code", [WORK, UNSIGNED])
def test_the_server_refuses_the_authors_own_approving_signature(company: ActingCompany, code: str) -> None:
    """Who signed the first section; where nobody signs it, who filled it."""
    number = entered(company, code)
    clerk, head = company.actors["clerk"].subject, company.actors["head"].subject
    forged, before = {**check_of(company, number), "by": clerk}, company.record(number).history
    with pytest.raises(IntegrityError, match=CHECKER):
        store(company, number, forged)
    assert company.record(number).history == before
    assert rows(company, number) == set()
    store(company, number, check_of(company, number))
    assert rows(company, number) == {(before.count + 1, clerk, head)}


@pytest.mark.parametrize("code", [WORK, UNSIGNED])
def test_the_server_refuses_the_signature_of_a_deputy_by_whichever_of_both_persons_made_it(
    company: ActingCompany, code: str
) -> None:
    number = entered(company, code)
    clerk, stranger = company.actors["clerk"].subject, company.actors["stranger"].subject
    before = company.record(number).history
    for by, principal in ((clerk, stranger), (stranger, clerk)):
        forged = {**check_of(company, number), "by": by, "deputy_for": principal}
        with pytest.raises(IntegrityError, match=CHECKER):
            store(company, number, forged)
    assert company.record(number).history == before


def test_a_deputys_check_stands_beside_the_maker_with_both_persons(company: ActingCompany, tmp_path: Path) -> None:
    number = entered(company, WORK)
    clerk, head, stranger = (company.actors[who] for who in ("clerk", "head", "stranger"))
    stand_in(company, "head")
    company.sign("stranger", number, "check")
    act = company.record(number).history.count
    assert rows(company, number) == {(act, clerk.subject, head.subject), (act, clerk.subject, stranger.subject)}
    report = verify(company.register.url, tmp_path / "archive")
    assert report.aspects["register"].answer is Answer.OK, report.findings


def by_pen(company: ActingCompany, who: str, number: str, section: str, name: str) -> Record:
    scan = Scan(f"%PDF-1.7 {name}".encode(), "application/pdf", "scan.pdf", name, "")
    return lifecycle.sign_on_paper(company.register, company.actors[who], NOW, number, section, scan)


def test_nobody_checks_with_a_pen_what_they_made(company: ActingCompany, tmp_path: Path) -> None:
    """By any name that they ever had, however it is written; and nobody enters such a check of what they made."""
    number = entered(company, PENNED)
    clerk, boss = company.actors["clerk"], company.actors["boss"]
    people.amend_user(company.register, boss, login=clerk.login, name="Anna Neu", reason="改名", now=NOW)
    before = company.record(number).history
    for who in ("clerk", "head"):
        for name in (clerk.name, f" {clerk.name}\u200b", "ＡＮＮＡ neu"):
            with pytest.raises(NotYoursError, match=r"other than who did .*\(entry\)"):
                by_pen(company, who, number, "check", name)
    with pytest.raises(NotYoursError, match=r"other than who did .*\(entry\) .* not Anna Neu"):
        by_pen(company, "clerk", number, "check", "外单位复核人")
    assert company.record(number).history == before
    assert by_pen(company, "head", number, "check", "外单位复核人").state == "closed"
    act = company.record(number).history.count
    assert rows(company, number) == {(act, clerk.subject, company.actors["head"].subject)}
    report = verify(company.register.url, tmp_path / "archive")
    assert report.aspects["register"].answer is Answer.OK, report.findings


def test_who_signed_with_a_pen_does_not_check_by_account_nor_who_filled_it(company: ActingCompany) -> None:
    """Known by the name alone; and the one who filled what was signed on paper made it too."""
    head = company.actors["head"]
    number = company.new("clerk", PENNED, {"what": "来访"})
    by_pen(company, "clerk", number, "entry", head.name.upper())
    with pytest.raises(NotYoursError, match=r"other than who did .*\(entry\)"):
        company.sign("head", number, "check")
    grant(company, "head", "clerk")
    number = company.new("head", PENNED, {"what": "来访"})
    by_pen(company, "clerk", number, "entry", "外单位经办人")
    for attempt in (
        lambda: company.sign("head", number, "check"),
        lambda: by_pen(company, "clerk", number, "check", head.name),
        lambda: by_pen(company, "clerk", number, "check", "外单位经办人"),
        lambda: by_pen(company, "clerk", number, "check", company.actors["clerk"].name),  # who entered it
        lambda: by_pen(company, "head", number, "check", "外单位复核人"),
    ):
        with pytest.raises(NotYoursError, match=r"other than who did .*\(entry\)"):
            attempt()
    assert by_pen(company, "clerk", number, "check", "外单位复核人").state == "closed"


def test_the_server_refuses_a_check_on_paper_that_its_maker_enters(company: ActingCompany) -> None:
    number = entered(company, PENNED)
    clerk, head = company.actors["clerk"].subject, company.actors["head"].subject
    paper = {"method": "paper", "signer_name": "外单位复核人", "witness": "", "scan": "0" * 64}
    for persons in ({"by": clerk}, {"by": head, "deputy_for": clerk}):
        with pytest.raises(IntegrityError, match=CHECKER):
            store(company, number, {**check_of(company, number), **paper, **persons})


@pytest.mark.parametrize("code", [WORK, UNSIGNED, PENNED])
def test_nobody_checks_what_their_deputy_made_in_their_name(company: ActingCompany, code: str) -> None:
    head, stranger = company.actors["head"], company.actors["stranger"]
    forged = check_of(company, entered(company, code))
    grant(company, "head", "clerk")
    stand_in(company, "head")
    number = company.new("stranger", code, {"what": "来访"})
    if code != UNSIGNED:
        company.sign("stranger", number, "entry")
    assert {act.content["deputy_for"] for act in company.record(number).history.acts[1:]} == {head.subject}
    before = company.record(number).history
    with pytest.raises(NotYoursError, match=r"other than who did .*\(entry\)"):
        company.sign("head", number, "check")
    if code == PENNED:
        for name in (head.name, stranger.name):
            with pytest.raises(NotYoursError, match=r"other than who did .*\(entry\)"):
                by_pen(company, "clerk", number, "check", name)
        with pytest.raises(NotYoursError, match=r"other than who did .*\(entry\)"):
            by_pen(company, "head", number, "check", "外单位复核人")
    with pytest.raises(IntegrityError, match=CHECKER):
        store(company, number, forged)
    assert company.record(number).history == before


def test_nobody_counter_signs_what_their_deputy_amended_in_their_name(company: ActingCompany) -> None:
    register, head = company.register, company.actors["head"]
    grant(company, "head", "clerk")
    stand_in(company, "head")
    numbers = {}
    for who in ("clerk", "stranger"):
        number = numbers[who] = entered(company, WORK)
        company.sign("head", number, "check")
        lifecycle.amend(
            register, company.actors[who], company.signers[who], NOW, number, {"what": "来电"}, "笔误", "fact"
        )
    number = numbers["stranger"]
    assert company.record(number).history.acts[-1].content["deputy_for"] == head.subject
    with pytest.raises(NotYoursError, match="other than its author"):
        lifecycle.countersign(register, head, company.signers["head"], NOW, number, 1, accepted=True)
    with register.reading() as snapshot:
        setting, other = Setting(snapshot, NOW), load(snapshot, numbers["clerk"])
        agreed = other.countersign(1, setting.standing(head.subject, other.unit), setting.moment, accepted=True)
    with pytest.raises(IntegrityError, match=CHECKER):
        store(company, number, agreed)


def test_the_server_refuses_the_authors_own_counter_signature(company: ActingCompany) -> None:
    number = entered(company, WORK)
    register, clerk, head = company.register, company.actors["clerk"], company.actors["head"]
    company.sign("head", number, "check")
    lifecycle.amend(register, clerk, company.signers["clerk"], NOW, number, {"what": "来电"}, "笔误", "fact")
    amended = company.record(number).history
    with register.reading() as snapshot:
        setting, record = Setting(snapshot, NOW), load(snapshot, number)
        who = setting.standing(head.subject, record.unit)
        agreed = record.countersign(1, who, setting.moment, accepted=True)
    with pytest.raises(IntegrityError, match=CHECKER):
        store(company, number, {**agreed, "by": clerk.subject})
    with pytest.raises(IntegrityError, match=CHECKER):
        store(company, number, {**agreed, "deputy_for": clerk.subject})
    assert company.record(number).history == amended
    lifecycle.countersign(register, head, company.signers["head"], NOW, number, 1, accepted=True)
    assert (amended.count + 1, clerk.subject, head.subject) in rows(company, number)


def test_no_statement_of_the_role_that_the_program_works_as_makes_a_checker_of_the_maker(
    company: ActingCompany,
) -> None:
    number = entered(company, WORK)
    company.sign("head", number, "check")
    statements = {
        f"INSERT INTO approval VALUES ('record/{number}', 9, 'person/1', 'person/1')": CHECKER,
        "UPDATE approval SET checker = maker": CHECKER,
        "UPDATE approval SET maker = checker": CHECKER,
        "UPDATE form_revision SET approver = author": APPROVER,
        "UPDATE form_revision SET author = approver": APPROVER,
    }
    for statement, constraint in statements.items():
        with pytest.raises(IntegrityError, match=constraint):
            run(company, statement)
    for statement in ("ALTER TABLE approval DROP CONSTRAINT ck_approval_checker", "DROP TABLE approval"):
        if company.register.url.startswith("postgresql"):
            with pytest.raises(NotPermittedError, match="must be owner"):
                run(company, statement)
