"""How many records hold a value in a field, and how many are still under way: what a revision of a form meets."""

from collections.abc import Collection

from sqlalchemy import func, select

from recordkeeper.register import tables
from recordkeeper.register.snapshot import Snapshot

_UNDER_WAY = ("open", "pending")


def count_using(snapshot: Snapshot, form: str, field: str) -> int:
    """How many records of a form, whatever their revision, hold a value in a field or a column, ``goods.count``."""
    record, value = tables.record.c, tables.record_field.c
    name, _dot, column = field.partition(".")
    statement = (
        select(func.count(func.distinct(record.subject)))
        .select_from(tables.record.join(tables.record_field, record.subject == value.subject))
        .where(record.form == form, value.field == name, value.value.is_not(None))
    )
    if column:
        statement = statement.where(value.value.contains(f'"{column}":', autoescape=True))
    return int(snapshot.connection.scalar(statement) or 0)


def count_under_way(snapshot: Snapshot, forms: Collection[str]) -> dict[str, int]:
    """How many records of each form are open or pending; forms without any are left out."""
    record = tables.record.c
    statement = (
        select(record.form, func.count())
        .where(record.form.in_(forms), record.state.in_(_UNDER_WAY))
        .group_by(record.form)
    )
    return {str(form): int(count) for form, count in snapshot.connection.execute(statement)}
