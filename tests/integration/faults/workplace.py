"""A small company for the tests of faults: two forms, four people, a register on either database, an archive.

PDFs are left out of it: the tests of faults empty the path on which LibreOffice would be found.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from recordkeeper.documents.scaffold import scaffold
from recordkeeper.model.subject import kind_of
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register import tables
from recordkeeper.register.acts import Register
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.services import catalogue, initiation, people
from recordkeeper.services.definition import load_form
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.publication import Publisher
from recordkeeper.services.verification import Report, verify

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
PASSPHRASE = "correct horse"
ROLES = {"approver": "approver", "clerk": "field_staff", "quality": "quality"}
SHEET_FORM, ROW_FORM = "T-01", "T-02"

PROCEDURE = """
id: T
revision: A/0
title: {zh: 试验, en: Trial}
roles:
  - {id: field_staff, zh: 业务人员, en: Field staff}
  - {id: quality, zh: 质管部, en: Quality department}
forms: [T-01, T-02]
"""
COMMON = """
revision: A/0
procedure: T
owner: quality
keeping_unit: {zh: 质管部, en: Quality department}
retention: {years: 3, authority: T-R1}
"""
FORMS = {
    SHEET_FORM: """
code: T-01
title: {zh: 反馈表, en: Feedback sheet}
kind: form
amendment: {corrections: 9, countersign: {by: [quality]}}
sections:
  - id: received
    title: {zh: 登记, en: Received}
    by: field_staff
    sign: one
    meaning: received
    fields:
      - {id: matter, title: {zh: 事项, en: Matter}, type: text}
      - {id: phone, title: {zh: 电话, en: Telephone}, type: text, required: false}
  - id: verified
    title: {zh: 验证, en: Verified}
    by: quality
    sign: one
    meaning: verified
    fields:
      - {id: result, title: {zh: 结果, en: Result}, type: text}
""",
    ROW_FORM: """
code: T-02
title: {zh: 登记表, en: Duty log}
kind: register
sections:
  - id: entry
    title: {zh: 登记, en: Entry}
    by: field_staff
    fields:
      - {id: received_on, title: {zh: 日期, en: Date}, type: date}
      - {id: call, title: {zh: 事项, en: Call}, type: text}
sheet:
  by: month
  on: received_on
  sections:
    - id: reading
      title: {zh: 审阅, en: Read by}
      by: quality
      sign: one
      meaning: read
""",
}


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where its register and its archive lie."""

    url: str
    folder: Path

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def storage_root(self) -> StorageRoot:
        return StorageRoot(self.archive / "objects", self.archive / "incoming")

    def publisher(self, register: Register) -> Publisher:
        return Publisher(register, self.archive, self.storage_root, self.folder / "log.key")

    def verify(self) -> Report:
        return verify(self.url, self.archive)


@dataclass(frozen=True, slots=True)
class Staff:
    """Who acts, with their keys opened."""

    clerk: Actor
    clerk_key: Signer
    quality: Actor
    quality_key: Signer


def begin(workplace: Workplace, register: Register) -> Staff:
    """Begin the company in an empty register: people, roles, forms in force."""
    beginning = initiation.prepare(
        company="试验物业", time_zone="Asia/Shanghai", login="boss", name="甲", passphrase=PASSPHRASE, now=NOW
    )
    begun = initiation.initiate(beginning, register, workplace.storage_root, workplace.folder / "log.key", NOW)
    boss = Actor(begun.controller.subject, begun.controller.login, begun.controller.name)
    for login, role in ROLES.items():
        people.add_user(register, boss, login=login, name=login, passphrase=PASSPHRASE, now=NOW)
        people.grant(register, boss, login=login, role=role, unit="unit/1", valid_from=None, valid_to=None, now=NOW)
    folder = workplace.folder / "forms"
    write_procedure(folder)
    subjects = [revision.subject for revision in catalogue.install_procedure(register, folder, boss, NOW)]
    approver, approver_key = _person(register, "approver")
    catalogue.approve(register, subjects, approver, approver_key, NOW)
    catalogue.release(register, subjects, date(2026, 11, 23), approver, NOW)
    return staff_of(register)


def staff_of(register: Register) -> Staff:
    """Open the keys of those who act."""
    return Staff(*_person(register, "clerk"), *_person(register, "quality"))


def _person(register: Register, login: str) -> tuple[Actor, Signer]:
    with register.reading() as snapshot:
        person = people.find_person(snapshot, login)
    actor = Actor(person.subject, person.login, person.name)
    return actor, people.open_signing_key(register, actor, PASSPHRASE, NOW, unattended=False)


def write_procedure(folder: Path) -> None:
    """Write the definitions and their Word templates."""
    folder.mkdir()
    (folder / "procedure.yaml").write_text(PROCEDURE, encoding="utf-8")
    for code, text in FORMS.items():
        (folder / f"{code}.yaml").write_text(COMMON + text, encoding="utf-8")
        (folder / f"{code}.docx").write_bytes(scaffold(load_form(COMMON + text, code)))


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def contents(url: str) -> Mapping[str, Counter[tuple[object, ...]]]:
    """Every row of every table of a register."""
    with open_for_verification(url) as inspection:
        return {name: Counter(inspection.raw_rows(table)) for name, table in tables.metadata.tables.items()}


def state_digests(register: Register) -> dict[str, tuple[str, ...]]:
    """The state digests of every record and sheet, act by act."""
    with register.reading() as snapshot:
        return {
            history.subject: history.digests
            for kind in ("record", "sheet")
            for history in snapshot.histories(kind)
            if kind_of(history.subject) == kind
        }
