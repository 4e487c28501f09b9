"""Marked copies: an act holds the token; the record says what it said, and both verifiers accept it."""

import json
import subprocess
import sys

import pytest

from archive_tampering import AMENDED, SHEET
from company import NOW, Company, Scene
from recordkeeper.documents.page_code import codes_shown
from recordkeeper.documents.printout import attached_record
from recordkeeper.model.disposition import settled_state
from recordkeeper.model.issued_copy import IssuedCopy, UnknownCopyError, copies_of
from recordkeeper.model.record import Record
from recordkeeper.register.acts import ChangedMeanwhileError
from recordkeeper.services import copying, viewing
from recordkeeper.services.record_view import RecordView
from recordkeeper.services.rendering import render_record
from recordkeeper.services.retrieval import load
from recordkeeper.services.setting import Setting
from recordkeeper.services.verification import Answer, verify

NUMBER, SHEET_NUMBER = AMENDED.partition("/")[2], SHEET.partition("/")[2]


def record_of(company: Company, number: str) -> tuple[Record, bytes]:
    with company.register.reading() as snapshot:
        record = load(snapshot, number)
        return record, render_record(snapshot, Setting(snapshot, NOW), record)


def issue(company: Company, number: str, recipient: str = "") -> tuple[IssuedCopy, bytes]:
    who = company.by("quality")
    prepared = copying.prepare_copy(company.register, who, NOW, number, recipient)
    return copying.issue(company.register, who, NOW, prepared), prepared.pdf


def shown(company: Company, number: str) -> RecordView:
    return viewing.show(company.register, company.by("quality"), NOW, number)


@pytest.mark.needs_libreoffice
def test_a_copy_has_a_token_of_its_own_and_the_record_says_what_it_said(scene: Scene) -> None:
    with scene.opened() as company:
        record, docx = record_of(company, NUMBER)
        before = shown(company, NUMBER)
        copy, pdf = issue(company, NUMBER, "业主委员会")
        after, docx_after = record_of(company, NUMBER)
        assert (copy.recipient, copy.name, copy.act_number) == ("业主委员会", "品质戊", record.history.count + 1)
        assert copies_of(after) == (copy,)
        assert docx_after == docx
        assert (after.state, after.closed_on, after.saved, after.amendments, after.signatures) == (
            record.state, record.closed_on, record.saved, record.amendments, record.signatures,
        )  # fmt: skip
        assert settled_state(after.history) == settled_state(record.history)
        view = shown(company, NUMBER)
        assert (view.signatures, view.amendments, view.is_outdated) == (before.signatures, before.amendments, False)
        assert all(signature.is_valid for signature in view.signatures)
        assert [(each.token, each.recipient) for each in view.copies] == [(copy.token, "业主委员会")]
        with company.register.reading() as snapshot:
            marked = render_record(snapshot, Setting(snapshot, NOW), after, token=copy.token)
        assert [code.token for code in codes_shown(marked)] == [copy.token] * len(codes_shown(docx))
        assert [code.act for code in codes_shown(marked)] == [code.act for code in codes_shown(docx)]
        assert len(json.loads(attached_record(pdf))["acts"]) == copy.act_number
        company.publish()
        company.publish()
    _accepted(scene)


@pytest.mark.needs_libreoffice
def test_a_copy_of_a_sheet_is_printed_again_as_it_was_when_the_sheet_has_changed(scene: Scene) -> None:
    with scene.opened() as company:
        copy, pdf = issue(company, SHEET_NUMBER)
        assert copy.rows
        company.amend("clerk", copy.rows[1][0], {"caller": "周文涓"})
        company.publish()
        acts = record_of(company, SHEET_NUMBER)[0].history.count
        who = company.by("quality")
        again = copying.copy_again(company.register, who, NOW, SHEET_NUMBER, copy.act_number)
        assert again == (SHEET_NUMBER, copy, pdf)
        assert record_of(company, SHEET_NUMBER)[0].history.count == acts
        with pytest.raises(UnknownCopyError):
            copying.copy_again(company.register, who, NOW, SHEET_NUMBER, 1)
        company.publish()
    _accepted(scene)


@pytest.mark.needs_libreoffice
def test_a_copy_is_not_issued_of_a_record_that_has_changed_since_it_was_printed(sqlite_scene: Scene) -> None:
    with sqlite_scene.opened() as company:
        who = company.by("quality")
        prepared = copying.prepare_copy(company.register, who, NOW, NUMBER, "")
        issue(company, NUMBER)
        with pytest.raises(ChangedMeanwhileError):
            copying.issue(company.register, who, NOW, prepared)
        assert len(copies_of(record_of(company, NUMBER)[0])) == 1


def _accepted(scene: Scene) -> None:
    report = verify(scene.url, scene.archive)
    assert (report.verdict, report.findings) == (Answer.OK, ())
    done = subprocess.run(
        [sys.executable, "-I", scene.archive / "verifier.py", scene.archive, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"]) == (0, "ok"), done.stdout
    assert "object-pending" not in done.stdout
