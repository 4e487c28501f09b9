"""The first register."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "text": sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
    "integer": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    "bytes": sa.LargeBinary(),
}

# A table's columns: name and type, then "key" where it is of the primary key, "null" where it may be absent.
_TABLES = {
    "act": "subject text key, number integer key, content text",
    "event": """
        index integer key, version integer, kind text, subject text null, act_number integer null, actor text,
        occurred_at text, entered_at text, effective_at text null, state_digest text null,
        bound_digest text null, flags text""",
    "attachment": "subject text key, digest text key, media_type text, content bytes",
    "credential": "person text key, passphrase_hash text, sealed_key text",
    "checkpoint": "size integer key, note text",
    "tombstone": "subject text key, content text",
    "disposition": "list text key, subject text key, step text key",
    "held": "subject text key, hold text key",
    "subject": "subject text key, kind text, act_count integer, state_digest text",
    "record": """
        subject text key, number text, form text, revision text, unit text, state text, sheet text null,
        party text null, premises text null, entered_on text, closed_on text null, title text null""",
    "record_field": "subject text key, section text key, round integer key, field text key, value text null",
    "form_revision": """
        subject text key, code text, revision text, procedure text null, state text, effective_on text null,
        author text, approver text null, digest text""",
    "form_name": "subject text key, spelling text key, code text",
    "procedure": "subject text key, code text, revision text, state text",
    "unit": """
        subject text key, code text, name_zh text null, name_en text null, parent text null,
        kind text null""",
    "person": "subject text key, login text, name text, state text, public_key text null",
    "role_grant": "subject text, person text, role text, unit text, valid_from text, valid_to text null",
    "party": """
        subject text key, name text, kind text null, phone text null, contact text null, note text null""",
    "premises": """
        subject text key, code text, unit text null, building text null, unit_no text null, room text null,
        kind text null""",
    "occupancy": """
        subject text, premises text, party text, capacity text, valid_from text null, valid_to text null""",
    "amendment": "subject text key, record text, number integer key, field text key, pending integer",
    "signature": "subject text key, act_number integer key, person text, meaning text, method text",
    "approval": "subject text key, act_number integer key, maker text key, checker text key",
    "number_series": "series text key, year integer key, last integer",
    "head": "size integer",
    "staging": "subject text key, version integer key, path text key, content bytes",
    "session": "token_digest text key, person text, ends_at text",
}

_UNIQUE = {"record": ("number",), "unit": ("code",), "person": ("login",), "premises": ("unit", "code")}

_INDEXES = {
    "ix_event_subject": ("event", ["subject", "act_number"]),
    "ix_subject_kind": ("subject", ["kind"]),
    "ix_record_form": ("record", ["form", "entered_on"]),
    "ix_record_unit": ("record", ["unit", "entered_on"]),
    "ix_record_entered_on": ("record", ["entered_on"]),
    "ix_record_state": ("record", ["state"]),
    "ix_record_sheet": ("record", ["sheet"]),
    "ix_record_party": ("record", ["party"]),
    "ix_form_revision_code": ("form_revision", ["code"]),
    "ix_form_name_spelling": ("form_name", ["spelling"]),
    "ix_role_grant_subject": ("role_grant", ["subject"]),
    "ix_party_name": ("party", ["name"]),
    "ix_premises_code": ("premises", ["code"]),
    "ix_occupancy_subject": ("occupancy", ["subject"]),
    "ix_occupancy_party": ("occupancy", ["party"]),
    "ix_signature_person": ("signature", ["person"]),
}


def upgrade() -> None:
    """Make every table, and the one row of ``head``."""
    for table, described in _TABLES.items():
        columns = [column.split() for column in described.split(",")]
        key = [name for name, _, *marks in columns if "key" in marks]
        op.create_table(
            table,
            *(
                sa.Column(name, _TYPES[kind], nullable="null" in marks, autoincrement=False)
                for name, kind, *marks in columns
            ),
            *_constraints(table, key),
        )
    for name, (table, indexed) in _INDEXES.items():
        op.create_index(name, table, indexed)
    op.execute("INSERT INTO head (size) VALUES (0)")


def _constraints(table: str, key: list[str]) -> list[sa.Constraint]:
    made: list[sa.Constraint] = []
    if key:
        made.append(sa.PrimaryKeyConstraint(*key, name=f"pk_{table}"))
    if table in _UNIQUE:
        made.append(sa.UniqueConstraint(*_UNIQUE[table], name=f"uq_{table}_{_UNIQUE[table][0]}"))
    if table == "form_revision":
        made.append(sa.CheckConstraint("author <> approver", name="approver"))
    if table == "approval":
        made.append(sa.CheckConstraint("maker <> checker", name="checker"))
    return made
