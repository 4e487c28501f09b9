"""What a hostile administrator can do who has the database, the archive and the log's own key: all of it anew.

They have nobody's passphrase and none of the checkpoints kept outside. An act is edited, and everything that follows
from it is made to fit: state digests, the digests and checkpoints that other acts name, projections, events, the
archive's records and inventories, tiles, checkpoints. What then still tells is what the tests hold to.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row, delete, insert, select, update

from archive_tampering import place_of, write_inventory
from company import Scene
from recordkeeper.model.canonical import canonical
from recordkeeper.model.event import Act, Event, History, salted_digest
from recordkeeper.model.signature import statement
from recordkeeper.register import tables
from recordkeeper.register.projection import replace_rows, subject_row
from recordkeeper.services.derivation import rows_following
from recordkeeper.services.preservation import record_file
from recordkeeper.services.register_check import Lookup
from recordkeeper.services.signature_check import revision_of
from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    LogKey,
    format_checkpoint,
    previous_line,
    short_checkpoint,
    sign_note,
)
from recordkeeper.tlog.tiles import TileLog
from tampering import tampering

Content = dict[str, Any]
Edit = Callable[[Content], None]
_DIGEST = re.compile("[0-9a-f]{64,128}")


@dataclass
class Forger:
    """One forgery.

    Args:
        scene: the workspace, which nobody has open.
        edits: by subject and number of an act, what to do to its content.
        keys: of persons, whose signatures are made anew with it.
    """

    scene: Scene
    edits: dict[tuple[str, int], Edit] = field(default_factory=dict)
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    _histories: dict[str, History] = field(default_factory=dict)
    _old_digests: dict[str, bytes] = field(default_factory=dict)
    _now_said: dict[str, str] = field(default_factory=dict)
    """What stood there, and stands there now: digests and short checkpoints."""

    def forge(self) -> None:
        """Make everything anew."""
        archive, key = self.scene.archive, LogKey.load(self.scene.folder / "log.key")
        with tampering(self.scene.url) as connection:
            made = [
                row.size for row in connection.execute(select(tables.checkpoint).order_by(tables.checkpoint.c.size))
            ]
            events = connection.execute(select(tables.event).order_by(tables.event.c.index)).all()
            shutil.rmtree(archive / "log")
            log = TileLog(archive / "log")
            connection.execute(delete(tables.checkpoint))
            notes: dict[int, str] = {}
            for event in events:
                place, forged = int(event._mapping["index"]), self._event(connection, event)
                log.append(place, [forged.leaf])
                if place + 1 in made:
                    self._close(connection, log, key, place + 1, notes)
            self._project(connection)
        (archive / "log" / "checkpoint").write_text(notes[made[-1]], encoding="utf-8")

    def _event(self, connection: Connection, event: Row[Any]) -> Event:
        values = dict(event._mapping)
        if event.act_number is not None:
            history = self._act(connection, event.subject, event.act_number)
            values["state_digest"] = history.digests[-1]
            if event.kind == "archive":
                values["bound_digest"] = self._archive(history)
        connection.execute(update(tables.event).where(tables.event.c.index == values["index"]).values(values))
        return Event(**values)

    def _act(self, connection: Connection, subject: str, number: int) -> History:
        """The history of a subject up to an act, edited, and with everything in it as it now must be."""
        act = tables.act
        for place in range(0 if number == 1 else number, number + 1):
            of_it = (act.c.subject == subject) & (act.c.number == place)
            text = connection.scalar(select(act.c.content).where(of_it))
            before = self._histories.get(subject, History(subject, ()))
            old = self._old_digest(subject, str(text))
            content = json.loads(self._fitting(str(text)))
            if "checkpoint" in content:
                content["checkpoint"] = self._now_said.get(content["checkpoint"], content["checkpoint"])
            if (subject, place) in self.edits:
                self.edits[subject, place](content)
            if "signature" in content and content["by"] in self.keys:
                self._sign(before, content)
            self._histories[subject] = History(subject, (*before.acts, Act(subject, place, content)))
            self._now_said[old] = self._histories[subject].digests[-1]
            connection.execute(update(act).where(of_it).values(content=canonical(content).decode()))
        return self._histories[subject]

    def _fitting(self, text: str) -> str:
        return _DIGEST.sub(lambda found: self._now_said.get(found[0], found[0]), text)

    def _old_digest(self, subject: str, text: str) -> str:
        """The state digest as it was before anything was edited."""
        digest = hashlib.sha256(self._old_digests.get(subject, b"") + text.encode()).digest()
        self._old_digests[subject] = digest
        return digest.hex()

    def _sign(self, before: History, content: Content) -> None:
        key = self.keys[content["by"]]
        content["public_key"] = key.public_key().public_bytes_raw().hex()
        signed = statement(before.subject, revision_of(before), before.digests[-1], content)
        content["signature"] = key.sign(signed).hex()

    def _archive(self, history: History) -> str:
        """Write the version that the last act archives; what its event binds of it."""
        last = history.acts[-1].content
        listed = last.get("rows")
        rows = [self._histories[f"record/{row['number']}"] for row in listed] if isinstance(listed, list) else []
        place = place_of(self.scene.archive, history.subject)
        folder = f"v{last['object_version']}"
        path = place / folder / "content" / "record.json"
        old = hashlib.sha512(path.read_bytes()).hexdigest()
        path.write_bytes(record_file(history, rows))
        self._now_said[old] = hashlib.sha512(path.read_bytes()).hexdigest()
        text = (place / folder / "inventory.json").read_text(encoding="utf-8")
        inventory = json.loads(self._fitting(text))
        for where in (folder, "."):  # the newest comes last, and stays
            write_inventory(place, where, inventory)
        return salted_digest(history.salt, (place / folder / "inventory.json").read_bytes())

    def _close(self, connection: Connection, log: TileLog, key: LogKey, size: int, notes: dict[int, str]) -> None:
        """The checkpoint of a size, signed by the log's key."""
        extensions = (previous_line(last, notes[last]),) if (last := max(notes, default=0)) else ()
        checkpoint = Checkpoint(key.name, size, log.root(size), extensions)
        notes[size] = sign_note(format_checkpoint(checkpoint), key)
        connection.execute(insert(tables.checkpoint).values(size=size, note=notes[size]))
        texts = connection.scalars(select(tables.act.c.content)).all()
        named = {str(json.loads(text).get("checkpoint", "")) for text in texts}
        self._now_said |= {text: short_checkpoint(checkpoint) for text in named if text.startswith(f"{size}·")}

    def _project(self, connection: Connection) -> None:
        """What follows from the acts, in every table that does."""
        lookup = Lookup(self._histories)
        names = tables.subject.c.keys()
        for subject, history in self._histories.items():
            replace_rows(connection, subject, rows_following(history, lookup))
            row = dict(zip(names, subject_row(history), strict=True))
            connection.execute(update(tables.subject).where(tables.subject.c.subject == subject).values(row))
