"""What the owner of a PostgreSQL does to rows that stand: nothing stops it, and verification finds each of it."""

import pytest

from company import Scene
from recordkeeper.findings import Severity
from recordkeeper.services.verification import Answer, verify
from stage import POSTGRESQL
from tampering import change

OPEN = "ALTER TABLE {0} DISABLE TRIGGER USER"
SHUT = tuple(f"ALTER TABLE {{0}} ENABLE ALWAYS TRIGGER {{0}}_no_{guard}" for guard in ("update", "delete", "truncate"))
LAST = '(SELECT max("index") FROM event)'

DONE = {
    "update": (
        "act",
        [
            OPEN,
            "UPDATE act SET content = replace(content, '3', '4') WHERE subject LIKE 'record/%' AND number = 1",
            *SHUT,
        ],
        "records",
    ),
    "delete": ("event", [OPEN, f'DELETE FROM event WHERE "index" = {LAST}', *SHUT], "log"),
    "truncate": ("checkpoint", [OPEN, "TRUNCATE checkpoint", *SHUT], "log"),
    "drop": ("tombstone", ["DROP TABLE tombstone"], "register"),
    "alter": ("attachment", ["ALTER TABLE attachment ALTER COLUMN media_type DROP NOT NULL"], "register"),
    "disable trigger": ("disposition", [OPEN], "register"),
    "session_replication_role": (
        "act",
        [
            "ALTER TABLE act ENABLE TRIGGER act_no_delete",
            "SET session_replication_role = replica",
            "DELETE FROM act WHERE subject LIKE 'record/%' AND number > 1",
            "SET session_replication_role = origin",
            "ALTER TABLE act ENABLE ALWAYS TRIGGER act_no_delete",
        ],
        "records",
    ),
    "copy from program": (
        "tombstone",
        ["COPY tombstone FROM PROGRAM 'printf ''record/QR-017-02/2026-0001\\t{{}}\\n'''"],
        "register",
    ),
}


@pytest.mark.parametrize("database", [pytest.param(POSTGRESQL, marks=pytest.mark.needs_postgresql)])
@pytest.mark.parametrize("undoing", DONE)
def test_what_the_owner_does_to_rows_that_stand_is_found(scene: Scene, undoing: str) -> None:
    table, statements, aspect = DONE[undoing]
    change(scene.url, *(statement.format(table) for statement in statements))
    report = verify(scene.url, scene.archive)
    assert report.verdict is Answer.ALTERED
    assert report.aspects[aspect].answer is Answer.ALTERED
    assert any(each.severity is Severity.ALTERED and each.aspect == aspect for each in report.findings)
