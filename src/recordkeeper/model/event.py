"""Acts are the content, events say that they happened; the two are bound by the state digest.

An act's content is one JSON map. Act 0 of a subject is ``{"version", "subject", "salt"}``; each later one holds at
least ``act`` (its kind), ``by`` (the person), ``at`` (the moment of entry). The state digest after act n is
``d(n) = SHA-256(d(n-1) || canonical(act n))``, ``d(0) = SHA-256(canonical(act 0))``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import TypeAlias

from recordkeeper.model.canonical import INTEGER_LIMIT, Content, NotCanonicalError, canonical

ACT_VERSION = 1
EVENT_VERSION = 1
SALT_BYTES = 16
CARRY, ERASE = "carry", "erase"
"""The kinds of acts by which a record goes on after an erasure: each former act carried over, then what was erased."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done to one subject, with its content.

    Args:
        subject: ``record/QR-017-02/2026-0001``, ``person/7``.
        number: 0 for the head of a subject, then 1, 2, …
        content: the JSON map that is digested.
    """

    subject: str
    number: int
    content: Content

    @property
    def told(self) -> "Act":
        """The act that this one carries over from the record's former subject; the act itself where it carries none."""
        content = self.content
        while content.get("act") == CARRY and isinstance(carried := content.get("carried"), Mapping):
            content = carried
        return self if content is self.content else Act(self.subject, self.number, content)

    @property
    def kind(self) -> str:
        """The act's verb; empty for act 0."""
        return str(self.content.get("act", ""))

    @property
    def by(self) -> str:
        """The acting person's subject; empty for act 0."""
        return str(self.content.get("by", ""))

    @property
    def at(self) -> str:
        """The UTC moment of entry, ``2026-11-23T06:05:04Z``; empty for act 0."""
        return str(self.content.get("at", ""))


@dataclass(frozen=True, slots=True)
class Event:
    """That something happened: one leaf of the audit trail, holding no field value, name or reason.

    Args:
        index: place in the log, from 0.
        version: version of this layout.
        kind: the act's verb, or refuse, login, logout, wrong-passphrase, read, export, restore, clock, enclose, cosign.
        subject: whose act it is; a record number or a surrogate.
        act_number: the act it belongs to; none where the event has no act.
        actor: the person's surrogate, or ``program``.
        occurred_at: UTC moment of the matter.
        entered_at: UTC moment of entry.
        effective_at: UTC moment or date from which it counts, where that differs.
        state_digest: d(n) after the act, hexadecimal.
        bound_digest: a further salted digest, hexadecimal.
        flags: words joined by a space: clock_back, late, unattended.
    """

    index: int
    version: int
    kind: str
    subject: str | None
    act_number: int | None
    actor: str
    occurred_at: str
    entered_at: str
    effective_at: str | None
    state_digest: str | None
    bound_digest: str | None
    flags: str

    @property
    def leaf(self) -> bytes:
        """The canonical bytes that the log's leaf is the hash of."""
        times = self.occurred_at, self.entered_at, self.effective_at
        whose = self.subject, self.act_number, self.actor
        return leaf_of(
            (self.index, self.version, self.kind, *whose, *times, self.state_digest, self.bound_digest, self.flags)
        )


EventRow: TypeAlias = tuple[
    int, int, str, str | None, int | None, str, str, str, str | None, str | None, str | None, str
]
"""The fields of an event in their order, which is that of the columns of its table."""


def leaf_of(row: EventRow) -> bytes:
    """The canonical bytes of an event, a fifth of the time of ``canonical``: a trail has a million of them.

    Raises:
        NotCanonicalError: a lone surrogate, an integer of 2^53 or more.

    Source: RFC 8785, 3.2
    """
    index, version, kind, subject, act, actor, occurred, entered, effective, state, bound, flags = row
    if not (-INTEGER_LIMIT < index < INTEGER_LIMIT and (act is None or -INTEGER_LIMIT < act < INTEGER_LIMIT)):
        raise NotCanonicalError("$.index", str(index))
    text = (
        f'{{"act_number":{"null" if act is None else act},"actor":{_quoted(actor)}'
        f',"bound_digest":{"null" if bound is None else _quoted(bound)}'
        f',"effective_at":{"null" if effective is None else _quoted(effective)}'
        f',"entered_at":{_quoted(entered)},"flags":{_quoted(flags)},"index":{index},"kind":{_quoted(kind)}'
        f',"occurred_at":{_quoted(occurred)},"state_digest":{"null" if state is None else _quoted(state)}'
        f',"subject":{"null" if subject is None else _quoted(subject)},"version":{version}}}'
    )
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonicalError("$", f"U+{ord(text[error.start]):04X}") from None


_quoted = encode_basestring


def head_act(subject: str, salt: str) -> Act:
    """Act 0 of a new subject.

    Args:
        subject: its identifier.
        salt: 16 random bytes in hexadecimal.
    """
    return Act(subject, 0, {"version": ACT_VERSION, "subject": subject, "salt": salt})


def successor_head(subject: str, salt: str, former: str, tombstone: int) -> Act:
    """Act 0 of what a record goes on as: beside the salt it names the former subject and its tombstone.

    Args:
        subject: its identifier.
        salt: 16 random bytes in hexadecimal, other ones than the former subject's.
        former: the former subject.
        tombstone: the number of the tombstone that stands for it.
    """
    head = head_act(subject, salt).content
    return Act(subject, 0, {**head, "former": former, "tombstone": tombstone})


def next_state_digest(previous: str | None, act: Act) -> str:
    """The state digest after ``act``, hexadecimal.

    Args:
        previous: the digest before it, hexadecimal; none before act 0.
        act: the act.
    """
    before = b"" if previous is None else bytes.fromhex(previous)
    return hashlib.sha256(before + canonical(act.content)).hexdigest()


@dataclass(frozen=True, slots=True)
class History:
    """The acts 0..n of one subject, from which its state follows."""

    subject: str
    acts: tuple[Act, ...]

    @property
    def salt(self) -> bytes:
        """The subject's 16 random bytes."""
        return bytes.fromhex(str(self.acts[0].content["salt"]))

    @property
    def digests(self) -> tuple[str, ...]:
        """The state digests d(0)..d(n), hexadecimal."""
        digests: list[str] = []
        for act in self.acts:
            digests.append(next_state_digest(digests[-1] if digests else None, act))
        return tuple(digests)

    @property
    def told(self) -> tuple[Act, ...]:
        """The acts 0..n, those that were carried over from a former subject as they were then."""
        return tuple(act.told for act in self.acts) if self.former else self.acts

    @property
    def former(self) -> str:
        """The subject that the record was before values of it were erased; empty where none was."""
        return str(self.acts[0].content.get("former", ""))

    @property
    def count(self) -> int:
        """The number of the last act."""
        return self.acts[-1].number

    def followed_by(self, content: Content) -> "History":
        """This history with one more act of ``content``."""
        act = Act(self.subject, self.count + 1, content)
        return History(self.subject, (*self.acts, act))

    def up_to(self, number: int) -> "History":
        """The acts 0..``number`` alone."""
        return History(self.subject, self.acts[: number + 1])


def salted_digest(salt: bytes, data: bytes) -> str:
    """A digest of ``data`` that cannot be guessed without the subject's salt, hexadecimal."""
    return hashlib.sha256(salt + data).hexdigest()


def text_of(content: Content) -> str:
    """The canonical JSON text of an act's content, as it is stored."""
    return canonical(content).decode()
