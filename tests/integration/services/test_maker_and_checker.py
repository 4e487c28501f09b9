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
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.connection import NotPermittedError
from recordkeeper.register.record_projection import record_rows
from recordkeeper.services import lifecycle, people
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import Answer, verify
from stage import Stages

WORK, UNSIGNED = "QR-900-01", "QR-900-02"
CHECKED = {"by": "head", "sign": "one", "meaning": "approved"}
FORMS = (
    form(
        WORK,
        section("entry", field("what"), sign="one", meaning="received"),
        section("check", other_than=["entry"], **CHECKED),
        amendment={"countersign": {"by": ["head"]}},
    ),
    form(UNSIGNED, section("entry", field("what")), section("check", other_than=["entry"], **CHECKED)),
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
    if code == WORK:
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
    people.deputize(
        company.register, company.actors["boss"], login=head.login, deputy=stranger.login, unit=ROOT_UNIT,
        valid_from=None, valid_to=NOW.date(), reason="年休假", now=NOW,
    )  # fmt: skip
    company.sign("stranger", number, "check")
    act = company.record(number).history.count
    assert rows(company, number) == {(act, clerk.subject, head.subject), (act, clerk.subject, stranger.subject)}
    report = verify(company.register.url, tmp_path / "archive")
    assert report.aspects["register"].answer is Answer.OK, report.findings


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
