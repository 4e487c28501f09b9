"""Many processes write at once: no number twice, none left out, no act lost, no lock shown."""

import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise

from recordkeeper.register.acts import Register

RECORDS_EACH = 25

WRITER = """
import sys
from datetime import UTC, datetime
from recordkeeper.register.acts import ChangedMeanwhileError
from recordkeeper.register.engine import open_register

def row(number):
    return {"number": number, "form": "F", "revision": "A/0", "unit": "unit/1", "state": "open",
            "entered_on": "2026-11-23"}

register = open_register(sys.argv[1])
for turn in range(int(sys.argv[2])):
    now = datetime.now(UTC)
    content = {"act": "new", "by": "person/1", "at": now.isoformat()}
    with register.writing(now=now) as transaction:
        number = f"F/2026-{transaction.next_number('F', 2026):04}"
        new = transaction.create(f"record/{number}", "0f" * 16)
        transaction.append(new, content, {"record": [row(number)]})
    try:
        with register.reading() as snapshot:
            shared = snapshot.history("unit/1")
        with register.writing(now=now) as transaction:
            transaction.append(shared, {**content, "act": "amend"}, {})
        print("amended")
    except ChangedMeanwhileError:
        print("refused")
register.close()
"""


def test_writers_at_once_lose_nothing_and_number_without_a_gap(register: Register, database: str) -> None:
    with register.writing(now=datetime.now(UTC)) as transaction:
        content = {"act": "add", "by": "person/1", "at": ""}
        transaction.append(transaction.create("unit/1", "0f" * 16), content, {})
    count = {"sqlite": 4, "postgresql": 6}[database]
    command = [sys.executable, "-W", "error", "-c", WRITER, register.url, str(RECORDS_EACH)]
    writers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(count)
    ]
    said = [writer.communicate(timeout=120) for writer in writers]
    assert [(writer.returncode, errors) for writer, (_, errors) in zip(writers, said, strict=True)] == [(0, "")] * count
    records = count * RECORDS_EACH
    amended = sum(output.count("amended") for output, _ in said)
    assert amended + sum(output.count("refused") for output, _ in said) == records

    with register.reading() as snapshot:
        subjects = [history.subject for history in snapshot.histories("record")]
        unit = snapshot.history("unit/1")
        events = list(snapshot.events())
    assert subjects == [f"record/F/2026-{number:04}" for number in range(1, records + 1)]
    assert unit is not None
    assert unit.count == 1 + amended
    assert len(events) == 1 + records + amended
    assert all(after.index == before.index + 1 for before, after in pairwise(events))
    of_unit = [event.state_digest for event in events if event.subject == "unit/1"]
    assert of_unit == list(unit.digests[1:])
