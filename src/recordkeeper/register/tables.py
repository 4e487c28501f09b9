"""The tables, as SQLAlchemy sees them; SQL types are TEXT, INTEGER and, for bytes of files, BLOB only.

``EVIDENCE`` cannot be computed from anything else; most of it is guarded by triggers. ``PROJECTIONS`` follow
from the acts, one subject's rows at a time, and ``COUNTERS`` from what they count. ``EXEMPT`` tables state
nothing about a record. Columns named ``subject``, ``unit``, ``party``, ``premises``, ``person``, ``author``,
``approver``, ``parent`` and ``sheet`` hold subjects (``unit/1``); ``form`` and ``procedure`` hold codes.
Moments, dates and digests are canonical text, truth is 0 or 1.
"""

from typing import TypeAlias

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)

AnyTable: TypeAlias = "Table"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Byte order on both databases: rows come in the same order, and prefixes are found through the index.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
INTEGER = BigInteger().with_variant(Integer(), "sqlite")


def _text() -> Column[str]:
    return Column(TEXT, nullable=False)


def _maybe_text() -> Column[str | None]:
    return Column(TEXT, nullable=True)


def _integer() -> Column[int]:
    return Column(INTEGER, nullable=False)


class _Act(TypedColumns):
    subject = _text()
    number = _integer()
    content = _text()


class _Event(TypedColumns):
    index: Named[int] = Column(INTEGER, nullable=False, autoincrement=False)
    version = _integer()
    kind = _text()
    subject = _maybe_text()
    act_number: Named[int | None] = Column(INTEGER, nullable=True)
    actor = _text()
    occurred_at = _text()
    entered_at = _text()
    effective_at = _maybe_text()
    state_digest = _maybe_text()
    bound_digest = _maybe_text()
    flags = _text()


class _Attachment(TypedColumns):
    subject = _text()
    digest = _text()
    media_type = _text()
    content: Named[bytes] = Column(LargeBinary, nullable=False)


class _Credential(TypedColumns):
    person = _text()
    passphrase_hash = _text()
    sealed_key = _text()


class _Checkpoint(TypedColumns):
    size: Named[int] = Column(INTEGER, nullable=False, autoincrement=False)
    note = _text()


class _Tombstone(TypedColumns):
    subject = _text()
    content = _text()


class _Disposition(TypedColumns):
    list = _text()
    subject = _text()
    step = _text()


class _Held(TypedColumns):
    subject = _text()
    hold = _text()


act = Table("act", metadata, _Act, PrimaryKeyConstraint("subject", "number"))
event = Table(
    "event",
    metadata,
    _Event,
    PrimaryKeyConstraint("index"),
    Index("ix_event_subject", "subject", "act_number"),
)
attachment = Table("attachment", metadata, _Attachment, PrimaryKeyConstraint("subject", "digest"))
credential = Table("credential", metadata, _Credential, PrimaryKeyConstraint("person"))
checkpoint = Table("checkpoint", metadata, _Checkpoint, PrimaryKeyConstraint("size"))
tombstone = Table("tombstone", metadata, _Tombstone, PrimaryKeyConstraint("subject"))
disposition = Table("disposition", metadata, _Disposition, PrimaryKeyConstraint("list", "subject", "step"))
held = Table("held", metadata, _Held, PrimaryKeyConstraint("subject", "hold"))


class _Subject(TypedColumns):
    subject = _text()
    kind = _text()
    act_count = _integer()
    state_digest = _text()


class _Record(TypedColumns):
    subject = _text()
    number = _text()
    form = _text()
    revision = _text()
    unit = _text()
    state = _text()
    sheet = _maybe_text()
    party = _maybe_text()
    premises = _maybe_text()
    entered_on = _text()
    closed_on = _maybe_text()
    title = _maybe_text()


class _RecordField(TypedColumns):
    subject = _text()
    section = _text()
    round = _integer()
    field = _text()
    value = _maybe_text()


class _FormRevision(TypedColumns):
    subject = _text()
    code = _text()
    revision = _text()
    procedure = _maybe_text()
    state = _text()
    effective_on = _maybe_text()
    author = _text()
    approver = _maybe_text()
    digest = _text()


class _FormName(TypedColumns):
    subject = _text()
    spelling = _text()
    code = _text()


class _Procedure(TypedColumns):
    subject = _text()
    code = _text()
    revision = _text()
    state = _text()


class _Unit(TypedColumns):
    subject = _text()
    code = _text()
    name_zh = _maybe_text()
    name_en = _maybe_text()
    parent = _maybe_text()
    kind = _maybe_text()


class _Person(TypedColumns):
    subject = _text()
    login = _text()
    name = _text()
    state = _text()
    public_key = _maybe_text()


class _RoleGrant(TypedColumns):
    subject = _text()
    person = _text()
    role = _text()
    unit = _text()
    valid_from = _text()
    valid_to = _maybe_text()


class _Party(TypedColumns):
    subject = _text()
    name = _text()
    kind = _maybe_text()
    phone = _maybe_text()
    contact = _maybe_text()
    note = _maybe_text()


class _Premises(TypedColumns):
    subject = _text()
    code = _text()
    unit = _maybe_text()
    building = _maybe_text()
    unit_no = _maybe_text()
    room = _maybe_text()
    kind = _maybe_text()


class _Occupancy(TypedColumns):
    subject = _text()
    premises = _text()
    party = _text()
    capacity = _text()
    valid_from = _maybe_text()
    valid_to = _maybe_text()


class _Amendment(TypedColumns):
    subject = _text()
    record = _text()
    number = _integer()
    field = _text()
    pending = _integer()


class _Signature(TypedColumns):
    subject = _text()
    act_number = _integer()
    person = _text()
    meaning = _text()
    method = _text()


class _Approval(TypedColumns):
    subject = _text()
    act_number = _integer()
    maker = _text()
    checker = _text()


class _NumberSeries(TypedColumns):
    series = _text()
    year = _integer()
    last = _integer()


class _Head(TypedColumns):
    size = _integer()


subject = Table(
    "subject",
    metadata,
    _Subject,
    PrimaryKeyConstraint("subject"),
    Index("ix_subject_kind", "kind"),
)
record = Table(
    "record",
    metadata,
    _Record,
    PrimaryKeyConstraint("subject"),
    UniqueConstraint("number"),
    Index("ix_record_form", "form", "entered_on"),
    Index("ix_record_unit", "unit", "entered_on"),
    Index("ix_record_entered_on", "entered_on"),
    Index("ix_record_state", "state"),
    Index("ix_record_sheet", "sheet"),
    Index("ix_record_party", "party"),
)
record_field = Table(
    "record_field", metadata, _RecordField, PrimaryKeyConstraint("subject", "section", "round", "field")
)
form_revision = Table(
    "form_revision",
    metadata,
    _FormRevision,
    PrimaryKeyConstraint("subject"),
    CheckConstraint("author <> approver", name="approver"),
    Index("ix_form_revision_code", "code"),
)
form_name = Table(
    "form_name",
    metadata,
    _FormName,
    PrimaryKeyConstraint("subject", "spelling"),
    Index("ix_form_name_spelling", "spelling"),
)
procedure = Table("procedure", metadata, _Procedure, PrimaryKeyConstraint("subject"))
unit = Table("unit", metadata, _Unit, PrimaryKeyConstraint("subject"), UniqueConstraint("code"))
person = Table("person", metadata, _Person, PrimaryKeyConstraint("subject"), UniqueConstraint("login"))
role_grant = Table("role_grant", metadata, _RoleGrant, Index("ix_role_grant_subject", "subject"))
party = Table("party", metadata, _Party, PrimaryKeyConstraint("subject"), Index("ix_party_name", "name"))
premises = Table(
    "premises",
    metadata,
    _Premises,
    PrimaryKeyConstraint("subject"),
    UniqueConstraint("unit", "code"),
    Index("ix_premises_code", "code"),
)
occupancy = Table(
    "occupancy",
    metadata,
    _Occupancy,
    Index("ix_occupancy_subject", "subject"),
    Index("ix_occupancy_party", "party"),
)
amendment = Table("amendment", metadata, _Amendment, PrimaryKeyConstraint("subject", "number", "field"))
signature = Table(
    "signature",
    metadata,
    _Signature,
    PrimaryKeyConstraint("subject", "act_number"),
    Index("ix_signature_person", "person"),
)
approval = Table(
    "approval",
    metadata,
    _Approval,
    PrimaryKeyConstraint("subject", "act_number", "maker", "checker"),
    CheckConstraint("maker <> checker", name="checker"),
)
number_series = Table("number_series", metadata, _NumberSeries, PrimaryKeyConstraint("series", "year"))
head = Table("head", metadata, _Head)


class _Staging(TypedColumns):
    subject = _text()
    version = _integer()
    path = _text()
    content: Named[bytes] = Column(LargeBinary, nullable=False)


class _Session(TypedColumns):
    token_digest = _text()
    person = _text()
    ends_at = _text()


staging = Table("staging", metadata, _Staging, PrimaryKeyConstraint("subject", "version", "path"))
session = Table("session", metadata, _Session, PrimaryKeyConstraint("token_digest"))

EVIDENCE = (act, event, attachment, credential, checkpoint, tombstone, disposition, held)
PROJECTIONS = (
    record,
    record_field,
    form_revision,
    form_name,
    procedure,
    unit,
    person,
    role_grant,
    party,
    premises,
    occupancy,
    amendment,
    signature,
    approval,
)
COUNTERS = (subject, number_series, head)
EXEMPT = (staging, session)
SAYING = (
    ("act", "content"),
    ("attachment", "content"),
    ("staging", "content"),
    ("record", "title"),
    ("record_field", "value"),
    ("signature", "person"),
)
"""The columns in which a record's values, files and names stand, and which go with it."""
