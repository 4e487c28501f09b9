"""What may be done to the files of an archive, by whoever can write there and knows how they are made."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from company import FEEDBACK
from recordkeeper.model.canonical import canonical
from recordkeeper.model.event import Act, History
from recordkeeper.ocfl.inventory import format_inventory, format_sidecar
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.tlog.checkpoint import Checkpoint, LogKey, format_checkpoint, sign_note
from recordkeeper.tlog.log import read_checkpoint
from recordkeeper.tlog.tiles import TileLog

AMENDED = "record/QR-017-02/2026-0001"
SHEET = "sheet/QR-017-01/2026-11"


def place_of(archive: Path, subject: str) -> Path:
    return StorageRoot(archive / "objects", archive / "incoming").object_path(subject)


def flip(path: Path, index: int = 40) -> None:
    data = bytearray(path.read_bytes())
    data[index % len(data)] ^= 1
    path.write_bytes(bytes(data))


def write_inventory(place: Path, folder: str, inventory: dict[str, object]) -> None:
    data = format_inventory(inventory)
    (place / folder / "inventory.json").write_bytes(data)
    (place / folder / "inventory.json.sha512").write_bytes(format_sidecar(data))


def rebuild_inventories(place: Path, path: str, data: bytes) -> None:
    """Put other bytes in the place of a content file, and make all inventories and sidecars fit them."""
    old = hashlib.sha512((place / path).read_bytes()).hexdigest()
    (place / path).write_bytes(data)
    for file in place.rglob("inventory.json"):
        text = file.read_text(encoding="utf-8").replace(old, hashlib.sha512(data).hexdigest())
        write_inventory(place, file.parent.relative_to(place).as_posix(), json.loads(text))


def edit_record(archive: Path, subject: str, old: str, new: str) -> None:
    place = place_of(archive, subject)
    for path in sorted(place.rglob("record.json")):
        text = path.read_text(encoding="utf-8")
        rebuild_inventories(place, path.relative_to(place).as_posix(), text.replace(old, new).encode())


def flip_document(archive: Path) -> None:
    flip(next(place_of(archive, AMENDED).rglob("*.docx")))


def flip_record(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "v1" / "content" / "record.json")


def flip_inventory(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "inventory.json")


def flip_inventory_of_version(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "v1" / "inventory.json")


def flip_sidecar(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "inventory.json.sha512")


def flip_declaration(archive: Path) -> None:
    flip(place_of(archive, AMENDED) / "0=ocfl_object_1.1", 3)


def flip_root_file(archive: Path) -> None:
    flip(archive / "objects" / "ocfl_layout.json")


def remove_file(archive: Path) -> None:
    next(place_of(archive, AMENDED).rglob("*.docx")).unlink()


def add_file(archive: Path) -> None:
    (place_of(archive, AMENDED) / "v1" / "content" / "more.txt").write_bytes(b"more")


def add_file_beside(archive: Path) -> None:
    (place_of(archive, AMENDED) / "more.txt").write_bytes(b"more")


def add_folder(archive: Path) -> None:
    (place_of(archive, AMENDED) / "v1" / "content" / "more").mkdir()


def add_file_to_root(archive: Path) -> None:
    (archive / "objects" / "more.txt").write_bytes(b"more")


def put_link(archive: Path) -> None:
    path = next(place_of(archive, AMENDED).rglob("*.docx"))
    shutil.move(path, archive.parent / "outside.docx")
    path.symlink_to(archive.parent / "outside.docx")


def put_link_to_folder(archive: Path) -> None:
    path = place_of(archive, AMENDED) / "v1"
    shutil.move(path, archive.parent / "outside")
    path.symlink_to(archive.parent / "outside", target_is_directory=True)


def put_pipe(archive: Path) -> None:
    path = next(place_of(archive, AMENDED).rglob("*.docx"))
    path.unlink()
    os.mkfifo(path)


def remove_object(archive: Path) -> None:
    shutil.rmtree(place_of(archive, AMENDED))


def remove_version(archive: Path) -> None:
    """Take the newest version away as if it had never been."""
    place = place_of(archive, AMENDED)
    shutil.rmtree(place / "v2")
    for name in ("inventory.json", "inventory.json.sha512"):
        shutil.copy(place / "v1" / name, place / name)


def move_object(archive: Path) -> None:
    place = place_of(archive, AMENDED)
    place.rename(place.with_name("record%2fother"))


def add_object(archive: Path) -> None:
    """A copy of an object under another identifier, in its place, with inventories that fit."""
    copy = place_of(archive, "record/QR-017-02/2026-0099")
    shutil.copytree(place_of(archive, AMENDED), copy)
    for path in copy.rglob("inventory.json"):
        inventory = json.loads(path.read_bytes()) | {"id": "record/QR-017-02/2026-0099"}
        write_inventory(copy, path.parent.relative_to(copy).as_posix(), inventory)


def replace_inventory_and_sidecar(archive: Path) -> None:
    place = place_of(archive, AMENDED)
    inventory = json.loads((place / "inventory.json").read_bytes())
    inventory["versions"]["v2"]["message"] = "archive!"
    for folder in (".", "v2"):
        write_inventory(place, folder, inventory)


def swap_versions(archive: Path) -> None:
    """Let each of two versions hold the record of the other."""
    place = place_of(archive, AMENDED)
    paths = [f"v{number}/content/record.json" for number in (1, 2)]
    first, second = ((place / path).read_bytes() for path in paths)
    for path, data in ((paths[0], second + b" "), (paths[1], first), (paths[0], second)):
        rebuild_inventories(place, path, data)


def swap_objects(archive: Path) -> None:
    one, other = place_of(archive, "person/2"), place_of(archive, "person/3")
    first = (one / "v1" / "content" / "record.json").read_bytes()
    second = (other / "v1" / "content" / "record.json").read_bytes()
    rebuild_inventories(one, "v1/content/record.json", second)
    rebuild_inventories(other, "v1/content/record.json", first)


def edit_value(archive: Path) -> None:
    edit_record(archive, AMENDED, FEEDBACK["customer"], "代表癸")


def edit_row(archive: Path) -> None:
    edit_record(archive, SHEET, "周文娟", "周文静")


def edit_person(archive: Path) -> None:
    edit_record(archive, "person/3", '"name":"', '"name":"大')


def replace_template(archive: Path) -> None:
    place = place_of(archive, "form/QR-017-02/A-0")
    path = next(place.rglob("*.docx"))
    rebuild_inventories(place, path.relative_to(place).as_posix(), path.read_bytes() + b"\0")


def replace_attachment(archive: Path) -> None:
    path = next(archive.rglob("attachments/*"))
    place = next(parent for parent in path.parents if (parent / "0=ocfl_object_1.1").exists())
    rebuild_inventories(place, path.relative_to(place).as_posix(), b"other")


def edit_checkpoint(archive: Path) -> None:
    path = archive / "log" / "checkpoint"
    path.write_text(path.read_text(encoding="utf-8").replace("previous", "Previous", 1), encoding="utf-8")


def remove_checkpoint_signature(archive: Path) -> None:
    path = archive / "log" / "checkpoint"
    path.write_text(path.read_text(encoding="utf-8").partition("\n\n")[0] + "\n", encoding="utf-8")


def sign_with_another_key(archive: Path) -> None:
    path = archive / "log" / "checkpoint"
    text = path.read_text(encoding="utf-8").partition("\n\n")[0] + "\n"
    path.write_text(sign_note(text, LogKey.generate(text.partition("\n")[0])), encoding="utf-8")


def widest(archive: Path, level: str) -> Path:
    return max((archive / "log" / "tile" / level).rglob("*"), key=lambda path: (path.is_file(), path.stat().st_size))


def flip_entry(archive: Path) -> None:
    flip(widest(archive, "entries"), 300)


def flip_tile(archive: Path) -> None:
    flip(widest(archive, "0"))


def remove_tile(archive: Path) -> None:
    widest(archive, "0").unlink()


def remove_entries(archive: Path) -> None:
    widest(archive, "entries").unlink()


def add_tile(archive: Path) -> None:
    (archive / "log" / "tile" / "0" / "777").write_bytes(bytes(32 * 256))


def add_file_to_log(archive: Path) -> None:
    (archive / "log" / "more").write_bytes(b"more")


def rebuild_log(archive: Path) -> None:
    """Change the last event's actor and rebuild all hashes with another key."""
    log = TileLog(archive / "log")
    entries = list(log.entries(0, log.size()))
    entries[-1] = entries[-1].replace(b'"actor":"p', b'"actor":"q')
    note = read_checkpoint(archive / "log")
    assert note is not None
    shutil.rmtree(archive / "log")
    TileLog(archive / "log").append(0, entries)
    name = note.partition("\n")[0]
    text = format_checkpoint(Checkpoint(name, len(entries), log.root(len(entries))))
    (archive / "log" / "checkpoint").write_text(sign_note(text, LogKey.generate(name)), encoding="utf-8")


def replace_verifier(archive: Path) -> None:
    """Let the enclosed verifier say ok of everything."""
    (archive / "verifier.py").write_text("print('Verdict: ok')\n", encoding="utf-8")


def edit_readme(archive: Path) -> None:
    path = archive / "README"
    path.write_text(path.read_text(encoding="utf-8").replace("verifier.py .", "verifier2.py ."), encoding="utf-8")


def remove_verifier(archive: Path) -> None:
    (archive / "verifier.py").unlink()


def add_file_beside_all(archive: Path) -> None:
    (archive / "verifier2.py").write_text("print('Verdict: ok')\n", encoding="utf-8")


# ---- by who has the log's key ----------------------------------------------------------------------------------------


def publish_anew(archive: Path, entries: list[bytes]) -> None:
    """Put a log of other entries in the place of the published one, signed by its own key."""
    shutil.rmtree(archive / "log")
    log = TileLog(archive / "log")
    log.append(0, entries)
    key = LogKey.load(archive.parent / "log.key")
    text = format_checkpoint(Checkpoint(key.name, len(entries), log.root(len(entries))))
    (archive / "log" / "checkpoint").write_text(sign_note(text, key), encoding="utf-8")


def rewrite_first_event(archive: Path) -> None:
    """Let the first event say another moment of the matter, and make log and checkpoint anew."""
    log = TileLog(archive / "log")
    first, *others = log.entries(0, log.size())
    publish_anew(archive, [first.replace(b'"occurred_at":"2026', b'"occurred_at":"2025'), *others])


def forge_row(archive: Path) -> None:
    """Edit a row of a signed sheet with all that follows from it but the signed list of rows, and make the log anew."""
    place = place_of(archive, SHEET)
    content = json.loads((place / "v1" / "content" / "record.json").read_bytes())
    row, last = content["rows"][1], content["acts"][-1]  # nobody signed it but as one of the rows
    row["acts"][1]["fill"]["values"]["matter"] = "forged"
    states = {row["subject"]: digests_of(row), SHEET: []}
    last["rows"][1]["state"] = states[row["subject"]][-1]
    states[SHEET] = digests_of(content)
    rebuild_inventories(place, "v1/content/record.json", canonical(content))
    inventory = (place / "v1" / "inventory.json").read_bytes()
    bound = hashlib.sha256(bytes.fromhex(content["acts"][0]["salt"]) + inventory).hexdigest()
    log = TileLog(archive / "log")
    events = [json.loads(entry) for entry in log.entries(0, log.size())]
    for event in events:
        if event["subject"] in states and event["act_number"] is not None:
            event["state_digest"] = states[event["subject"]][event["act_number"]]
            if event["kind"] == "archive":
                event["bound_digest"] = bound
    publish_anew(archive, [canonical(event) for event in events])


def digests_of(history: dict[str, Any]) -> list[str]:
    acts = tuple(Act(history["subject"], number, act) for number, act in enumerate(history["acts"]))
    return list(History(history["subject"], acts).digests)
