"""A pack for somebody outside: a BagIt bag with the archive or a selection of it, and all that it takes to check it.

In it: the objects, the whole log with its checkpoint, proofs of each record, the stand-alone verifier, and an index to
read in Chinese and English. Events hold no values, so the log is given whole: it shows that nothing of the selection is
missing. A selection brings along whoever acted, their units, and the forms and procedures; it says that it is one. A
record that comes along, and is not asked for, is left out where it is not theirs to take who make the pack, which then
says how many are left out so.

Source: ISO 9001, 7.5.3.2; 21 CFR 11.10(b); P-2
"""

import html
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from recordkeeper import __version__
from recordkeeper.bagit.writer import BagWriter, UnwritableBagError
from recordkeeper.errors import ArchiveError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, parse_json
from recordkeeper.model.consent import TAKE_OUT
from recordkeeper.model.event import ERASE, Act, salted_digest
from recordkeeper.model.subject import base_of, form_subject, kind_of, name_of, record_subject, sheet_subject
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.model.value import format_moment
from recordkeeper.ocfl.inventory import Inventory, parse_inventory
from recordkeeper.ocfl.storage_root import ROOT_FILES, StorageRoot
from recordkeeper.register.acts import Transaction
from recordkeeper.register.search import FoundRecord, RecordQuery, find_records
from recordkeeper.services.access import readable
from recordkeeper.services.consent import check_may_use
from recordkeeper.services.enclosure import ENCLOSURES
from recordkeeper.services.people import Actor
from recordkeeper.services.preservation import RECORD_FILE
from recordkeeper.services.proving import UnpublishedEventError, prove_events
from recordkeeper.services.publication import Publisher, publisher_lock
from recordkeeper.services.reading_right import may_use, readers_of
from recordkeeper.services.retrieval import load
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting
from recordkeeper.services.shelf import Shelf
from recordkeeper.tlog.proof import format_proof

EXPORT, PACK = "export", "pack"
KIND, SELECTION, WITHHELD = "Recordkeeper-Kind", "Recordkeeper-Selection", "Recordkeeper-Withheld"
_READ_ME = """\
{company}

Records of a company, to be checked by anybody who has Python 3.11 or later, without a network:
一家公司的记录，任何人只要有 Python 3.11 或更高版本即可查验，不需要网络：

    python3 verifier.py .
    python3 verifier.py . --key FILE --against FILE

index.html      what is in it · 目录
verifier.py     the stand-alone verifier; better taken from a place that you trust · 独立查验程序，最好取自可信之处
proofs/         of each record: that its events stand in the log of the checkpoint · 每份记录的事件在日志中的证明
data/objects/   the records, OCFL 1.1 · 记录
data/log/       the audit trail and its checkpoint · 审计轨迹及检查点
manifest-sha512.txt, tagmanifest-sha512.txt    digests of all files (BagIt, RFC 8493) · 全部文件的摘要
"""


class NotArchivedError(ArchiveError, RefusalError):
    """Something is to be exported that is not in the archive."""

    def __init__(self, subject: str) -> None:
        super().__init__(_("{subject}: not in the archive yet").format(subject=subject), subject=subject)


@dataclass(frozen=True, slots=True)
class Exported:
    """A pack that was made.

    Args:
        path: the file.
        records: how many records and sheets are in it.
        objects: how many objects, those of people, units and forms included.
        left_out: how many objects of the archive are not in it.
        events: how many events its checkpoint covers.
        digest: of the tag manifest, which binds all of it.
    """

    path: Path
    records: int
    objects: int
    left_out: int
    events: int
    digest: str


def export(
    publisher: Publisher, target: Path, actor: Actor, now: datetime, numbers: Collection[str] | None = None
) -> Exported:
    """Write the archive, or the records and sheets of these numbers with what they need, into a new pack.

    What ``actor`` may not read or take out, as the forms say, is refused where it is asked for and else left out.

    Args:
        publisher: the workspace's parts.
        target: the new file, a zip.
        actor: a controller or auditor of the company.
        now: aware, UTC.
        numbers: of records and sheets; all of the archive if absent.

    Raises:
        NoRightError: ``actor`` is neither controller nor auditor of the company.
        UnknownRecordError: no such record.
        MayNotReadError, NeedsConsentError: a record that is named is not theirs to read, or to take out.
        NotArchivedError: a record is not in the archive.
        BagExistsError, UnwritableBagError: the file cannot be made.
        ArchiveError, LogError, RegisterError: something cannot be read.
    """
    with publisher.register.reading() as snapshot:
        check_right(snapshot, actor, "archive export", now)
        setting = Setting(snapshot, now)
        named = [readable(setting, actor, number) for number in numbers or ()]
        for record in named:
            check_may_use(setting, actor, record, TAKE_OUT)
        withheld = withheld_from(setting, actor)
    chosen = None if numbers is None else [record.number for record in named]
    made, records = write_pack(publisher, target, now, chosen, withheld=withheld)
    with publisher.register.writing(now=now) as transaction:
        note_export(transaction, actor, made, records)
    return made


def withheld_from(setting: Setting, actor: Actor) -> set[str]:
    """The records and sheets that somebody may not read, or not take out.

    Source: P01-R10; P09-R2
    """
    shelf = Shelf(setting, actor.subject)
    rows = [row for row in find_records(setting.snapshot, RecordQuery()) if not row.sheet]
    return {row.subject for row in rows if not (shelf.is_readable(row) and _may_take_out(shelf, row))}


def _may_take_out(shelf: Shelf, row: FoundRecord) -> bool:
    form, setting = shelf.form(row), shelf.setting
    who, readers = setting.standing(shelf.subject, row.unit), readers_of(setting, form, row.unit)
    if who.has_any(form.access.take_out) or not (readers or form.access.take_out):
        return True
    return may_use(load(setting.snapshot, row.number), who, TAKE_OUT, readers, setting.today)


def write_pack(
    publisher: Publisher,
    target: Path,
    now: datetime,
    numbers: Collection[str] | None = None,
    more: Mapping[str, bytes] | None = None,
    said: Sequence[tuple[str, str]] = (),
    withheld: Collection[str] = (),
) -> tuple[Exported, tuple[str, ...]]:
    """Write a pack; who may have it is asked before, and that it was made is noted afterwards.

    Equal archive, moment and file name give equal bytes.

    Args:
        publisher: the workspace's parts.
        target: the new file, a zip.
        now: aware, UTC.
        numbers: of records and sheets; all of the archive if absent.
        more: further files beside the payload, by path.
        said: further labels and values of bag-info.txt.
        withheld: subjects that are left out unless ``numbers`` ask for them.

    Returns:
        The pack, and the subjects of the records and sheets in it.

    Raises:
        NotArchivedError, BagExistsError, UnwritableBagError, ArchiveError, LogError, RegisterError: as ``export``.
    """
    root = publisher.storage_root
    with BagWriter(target) as bag:
        with publisher_lock(publisher.archive), publisher.register.reading() as snapshot:
            setting = Setting(snapshot, now)
            present = sorted(root.object_ids())
            reached = set(present) if numbers is None else _closure(root, present, numbers, withheld)
            asked = set() if numbers is None else set(_asked(present, numbers))
            kept_back = (reached & set(withheld)) - asked
            chosen = sorted(reached - kept_back)
            for subject in chosen:
                _add_object(bag, root, subject)
            records = [subject for subject in chosen if kind_of(subject) in {"record", "sheet"}]
            _add_surroundings(bag, publisher.archive, target)
            bag.add_tag("index.html", _index(setting, root, chosen).encode())
            events = snapshot.event_count()
        _add_proofs(bag, publisher, records)
        bag.add_tag("README.txt", _READ_ME.format(company=setting.root.name_zh).encode())
        bag.add_tag("verifier.py", (Path(__file__).parent.parent / "verifier.py").read_bytes())
        for path, data in sorted((more or {}).items()):
            bag.add_tag(path, data)
        left_out = len(present) - len(chosen)
        selected = [(SELECTION, f"{len(chosen)} of {len(present)} objects")] if numbers is not None or left_out else []
        digest = bag.finish(
            [
                (KIND, PACK),
                *selected,
                *([(WITHHELD, f"{len(kept_back)} objects")] if kept_back else []),
                *said,
                ("Source-Organization", setting.root.name_zh),
                ("Bagging-Date", setting.today.isoformat()),
                ("Recordkeeper-Moment", format_moment(now)),
                ("Bag-Software-Agent", f"Recordkeeper {__version__}"),
            ]
        )
    return Exported(target, len(records), len(chosen), left_out, events, digest), tuple(records)


def note_export(transaction: Transaction, actor: Actor, made: Exported, records: Iterable[str]) -> None:
    """Say in the trail of each record that it was given out, bound to the pack."""
    history = transaction.history(ROOT_UNIT)
    bound = salted_digest(history.salt, made.digest.encode()) if history else None
    for subject in records:
        transaction.note(EXPORT, actor=actor.subject, subject=subject, bound_digest=bound)


def _asked(present: Sequence[str], numbers: Collection[str]) -> Iterator[str]:
    """The objects of the records and sheets of these numbers."""
    for number in numbers:
        wanted = {record_subject(number), sheet_subject(number)}
        found = [subject for subject in present if base_of(subject) in wanted]
        if not found:
            raise NotArchivedError(number)
        yield from found


def _closure(
    root: StorageRoot, present: Sequence[str], numbers: Collection[str], withheld: Collection[str]
) -> set[str]:
    """The objects of these records, and of whoever and whatever their acts name; what is withheld names nothing."""
    there, asked = set(present), set(_asked(present, numbers))
    waiting: list[str] = [ROOT_UNIT, *asked]
    reached: set[str] = set()
    while waiting:
        subject = waiting.pop()
        if subject in reached or subject not in there:
            continue
        reached.add(subject)
        if subject in withheld and subject not in asked:
            continue
        stored = cast("Content", parse_json(root.read_file(subject, RECORD_FILE), subject))
        waiting += _named_in(stored)
        for row in cast("Sequence[Content]", stored.get("rows", ())):
            waiting += _named_in(row)
    return reached


def _named_in(stored: Content) -> Iterator[str]:
    """The subjects that acts name: persons, units, the form's revision, the list by which values were erased.

    Only what the program writes is followed, never a text that somebody enters, whatever it looks like.
    """
    acts = [Act("", number, content) for number, content in enumerate(cast("Sequence[Content]", stored["acts"]))]
    for act in (content for one in acts[1:] for content in (one.content, one.told.content)):
        if act.get("act") == ERASE:
            yield from (record_subject(str(each["number"])) for each in cast("Sequence[Content]", act["items"]))
        for key in ("by", "unit", "parent"):
            if isinstance(value := act.get(key), str) and kind_of(value) in {"person", "unit"}:
                yield value
        if "form" in act and "revision" in act:
            yield form_subject(str(act["form"]), str(act["revision"]))


def _add_object(bag: BagWriter, root: StorageRoot, subject: str) -> None:
    place = root.object_path(subject)
    try:
        for path in sorted(place.rglob("*")):
            if path.is_symlink() or not path.is_dir():
                bag.add_file(f"objects/{path.relative_to(root.path).as_posix()}", path)
    except OSError as error:
        raise UnwritableBagError(bag.path, error) from error


def _add_surroundings(bag: BagWriter, archive: Path, target: Path) -> None:
    """What every archive has beside its objects: root files, the log, the verifier and its page."""
    try:
        for name in ROOT_FILES:
            bag.add_file(f"objects/{name}", archive / "objects" / name)
        for path in sorted((archive / "log").rglob("*")):
            if (path.is_symlink() or not path.is_dir()) and not path.name.startswith("."):
                bag.add_file(path.relative_to(archive).as_posix(), path)
        for name in ENCLOSURES:
            if (archive / name).exists():
                bag.add_file(name, archive / name)
    except OSError as error:
        raise UnwritableBagError(target, error) from error


def _add_proofs(bag: BagWriter, publisher: Publisher, records: Iterable[str]) -> None:
    for subject in records:
        try:
            proof = prove_events(publisher.register, publisher.log_path, subject)
        except UnpublishedEventError:
            continue
        bag.add_tag(f"proofs/{subject}.json", format_proof(proof).encode())


def _index(setting: Setting, root: StorageRoot, subjects: Sequence[str]) -> str:
    """A page that names every object with its files, in Chinese and English."""
    found = {each.subject: each for each in find_records(setting.snapshot, RecordQuery())}
    rows: list[str] = []
    others: list[str] = []
    for subject in subjects:
        inventory = parse_inventory(root.read_inventory(subject) or b"", subject)
        files = _links(root, subject, inventory)
        record = found.get(subject)
        if record is None:
            others.append(f"<tr><td>{_shown(subject)}</td><td>{_name(setting, subject)}</td><td>{files}</td></tr>")
            continue
        cells = (
            record.number, record.title or "", f"{record.form} {record.revision}", setting.name_of(record.unit),
            record.state, record.entered_on, record.closed_on or "",
        )  # fmt: skip
        rows.append("<tr>" + "".join(f"<td>{_shown(cell)}</td>" for cell in cells) + f"<td>{files}</td></tr>")
    return _PAGE.format(
        company=_shown(setting.root.name_zh),
        company_en=_shown(setting.root.name_en),
        at=_shown(format_moment(setting.now)),
        count=len(rows),
        rows="\n".join(rows),
        others="\n".join(others),
    )


def _links(root: StorageRoot, subject: str, inventory: Inventory) -> str:
    place = root.object_path(subject).relative_to(root.path).as_posix().replace("%", "%25")
    links: list[str] = []
    for digest, paths in sorted(inventory.states[inventory.head].items(), key=lambda item: item[1]):
        content = inventory.manifest[digest][0].replace("%", "%25")
        links += [
            f'<a href="data/objects/{html.escape(place)}/{html.escape(content)}">{_shown(each)}</a>' for each in paths
        ]
    return "<br>".join(links)


def _name(setting: Setting, subject: str) -> str:
    return _shown(setting.name_of(subject) if kind_of(subject) in {"unit", "person"} else name_of(subject))


def _shown(text: str) -> str:
    return html.escape(text)


_PAGE = """\
<!DOCTYPE html>
<html lang="zh">
<head><meta charset="utf-8"><title>{company} · Records</title>
<style>body{{font-family:"Noto Sans CJK SC",sans-serif;margin:2em}}table{{border-collapse:collapse}}
th,td{{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}}</style></head>
<body>
<h1>{company}</h1><p>{company_en}</p>
<p>记录目录，{at}，共 {count} 份。查验：<code>python3 verifier.py .</code><br>
Index of records, {at}: {count} of them. To check: <code>python3 verifier.py .</code></p>
<h2>记录 Records</h2>
<table><tr><th>编号 Number</th><th>题名 Title</th><th>表单 Form</th><th>部门 Unit</th><th>状态 State</th>
<th>登记 Entered</th><th>办结 Closed</th><th>文件 Files</th></tr>
{rows}
</table>
<h2>其他 Others</h2>
<table><tr><th>标识 Identifier</th><th>名称 Name</th><th>文件 Files</th></tr>
{others}
</table>
</body></html>
"""
