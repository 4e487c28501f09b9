"""Blanks: issued by one act on the revision in force, printed as often as wanted, accepted by both verifiers."""

import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest

from company import NOW, Company, Scene
from recordkeeper.documents.document_text import text_of
from recordkeeper.documents.page_code import codes_shown
from recordkeeper.model.blank import MOST_AT_ONCE, BlankCountError, Printing, UnknownPrintingError
from recordkeeper.model.form_revision import Revision
from recordkeeper.services import blank_printing, catalogue
from recordkeeper.services.blank_printing import Order
from recordkeeper.services.catalogue import NotInForceError
from recordkeeper.services.right import NoRightError
from recordkeeper.services.verification import Answer, verify

FEEDBACK_FORM, SUBJECT = "qr-017--02", "form/QR-017-02/A-0"


def issue(company: Company, login: str = "controller", **order: object) -> tuple[Revision, Printing]:
    given = Order(FEEDBACK_FORM, **order)  # type: ignore[arg-type]
    return blank_printing.issue(company.register, company.by(login), NOW, given)


def rendered(company: Company, act: int) -> dict[str, bytes]:
    with company.register.reading() as snapshot:
        found = blank_printing.issued(snapshot, company.by("controller"), NOW, FEEDBACK_FORM, None, act)
        return blank_printing.rendered(snapshot, NOW, *found)


def test_each_blank_has_the_next_number_and_a_token_of_its_own(company: Company) -> None:
    _revision, first = issue(company, count=3, reason="现场回访")
    revision, second = issue(company)
    assert (first.numbers, second.numbers) == ("0001-0003", "0004")
    assert (first.reason, first.name, second.act_number) == ("现场回访", "文控甲", first.act_number + 1)
    tokens = [blank.token for printing in revision.printings for blank in printing.blanks]
    assert len(set(tokens)) == 4
    assert all(re.fullmatch("[A-Z2-9]{10}", token) for token in tokens)
    assert revision.state == "released"
    with company.register.reading() as snapshot:
        history = snapshot.history(SUBJECT)
    assert history is not None
    assert [act.kind for act in history.acts[-2:]] == ["print", "print"]


def test_printing_again_writes_nothing_and_gives_equal_bytes(company: Company) -> None:
    _revision, printing = issue(company, count=2, unit="HQ")
    documents = rendered(company, printing.act_number)
    company.publish()
    with company.register.reading() as snapshot:
        before = snapshot.history(SUBJECT)
    assert rendered(company, printing.act_number) == documents
    with company.register.reading() as snapshot:
        assert snapshot.history(SUBJECT) == before
    assert list(documents) == ["QR-017-02 A/0 · 0001", "QR-017-02 A/0 · 0002"]
    for blank, (number, docx) in zip(printing.blanks, documents.items(), strict=True):
        assert codes_shown(docx)[0] == printing.print_code(blank)
        assert number in text_of(docx)


def test_both_verifiers_accept_what_was_issued(scene: Scene) -> None:
    with scene.opened() as company:
        issue(company, count=2)
        company.publish()
        company.publish()
    report = verify(scene.url, scene.archive)
    assert (report.verdict, report.findings) == (Answer.OK, ())
    done = subprocess.run(
        [sys.executable, "-I", scene.archive / "verifier.py", scene.archive, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "ok"), done.stdout
    archived = [
        json.loads(path.read_bytes())
        for path in scene.archive.rglob("record.json")
        if json.loads(path.read_bytes())["subject"] == SUBJECT
    ]
    assert any(act.get("act") == "print" for found in archived for act in found["acts"])


def test_blanks_are_issued_by_a_controller_of_a_form_in_force_in_bounds(company: Company) -> None:
    with pytest.raises(NoRightError):
        issue(company, "quality")
    for count in (0, -1, MOST_AT_ONCE + 1):
        with pytest.raises(BlankCountError):
            issue(company, count=count)
    _revision, printing = issue(company)
    with pytest.raises(UnknownPrintingError):
        rendered(company, printing.act_number - 1)
    day = (NOW + timedelta(hours=8)).date()
    catalogue.withdraw(company.register, SUBJECT, day, "停用", company.by("controller"), NOW)
    with pytest.raises(NotInForceError):
        issue(company)
    assert list(rendered(company, printing.act_number)) == ["QR-017-02 A/0 · 0001"]
