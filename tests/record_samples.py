"""Small forms and a record that acts are done to, for tests of its rules without a register."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History, head_act
from recordkeeper.model.form import Form, parse_form
from recordkeeper.model.record import Record, open_record
from recordkeeper.model.record_state import Moment
from recordkeeper.model.standing import Standing
from recordkeeper.model.value import Reading

READING = Reading(ZoneInfo("Asia/Shanghai"), lambda kind, text: f"{kind}/9" if text == "known" else None)


def who(number: int, *roles: str) -> Standing:
    return Standing(f"person/{number}", f"人{number}", frozenset(roles))


CLERK, OTHER_CLERK = who(3, "clerk"), who(4, "clerk")
HEAD, CHECKER, STRANGER = who(5, "head"), who(6, "checker"), who(7, "visitor")


def titled(identifier: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    if kind == "choice":
        more.setdefault("choices", [{"id": name, "zh": name, "en": name} for name in ("red", "blue", "green")])
    return {"id": identifier, "title": {"zh": f"栏{identifier}", "en": identifier.title()}, "type": kind, **more}


def section(identifier: str, by: Any = "clerk", *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    if more.get("sign", "none") != "none":
        more.setdefault("meaning", "reviewed")
    title = {"zh": f"部{identifier}", "en": identifier.title()}
    return {"id": identifier, "title": title, "by": by, "fields": list(fields), **more}


def form(*sections: dict[str, Any], **more: Any) -> Form:
    return parse_form(
        {
            "code": "QR-900-01",
            "revision": "A/0",
            "procedure": "P90",
            "title": {"zh": "样表", "en": "Sample"},
            "kind": "form",
            "owner": "checker",
            "keeping_unit": {"zh": "样部", "en": "Samples"},
            "retention": {"years": 3, "authority": "P12-R1"},
            "sections": list(sections),
            **more,
        }
    )


def register_form(*sections: dict[str, Any], own: tuple[dict[str, Any], ...] = (), **more: Any) -> Form:
    rule = {"by": "month", "on": "day", "rows_a_page": 4, "sections": list(own)}
    return form(*sections, kind="register", sheet=rule, **more)


@dataclass
class Life:
    """One record through its acts: each is decided, put behind the others, and replayed.

    Args:
        form: its form.
        day: the local date of the next act.
        opening: what act ``new`` holds beside what every one does.
    """

    form: Form
    day: date = date(2026, 11, 23)
    by: Standing = CLERK
    subject: str = "record/QR-900-01/2026-0001"
    opening: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        head = History(self.subject, (head_act(self.subject, "5" * 32),))
        opening = {"form": self.form.code, "revision": "A/0", "unit": "unit/1", "zone": "Asia/Shanghai", **self.opening}
        self.record: Record = open_record(self.form, self.subject, head, self.by, self.moment, opening)

    @property
    def moment(self) -> Moment:
        return Moment(f"{self.day.isoformat()}T02:00:00Z", self.day.isoformat())

    def after(self, content: Content) -> Record:
        self.record = Record.replay(self.form, self.record.history.followed_by(content))
        return self.record

    def later(self, days: int) -> None:
        self.day += timedelta(days=days)

    def fill(self, section_id: str, by: Standing = CLERK, filled_for: str = "", **raw: Any) -> Record:
        return self.after(self.record.fill(section_id, raw, by, self.moment, READING, filled_for=filled_for))

    def sign(self, section_id: str, by: Standing = CLERK) -> Record:
        return self.after({**self.record.sign(section_id, by, self.moment), "signature": "00"})

    def decide_amend(self, by: Standing = CLERK, nature: str = "correction", reason: str = "误", **raw: Any) -> Content:
        values = {name.replace("__", "."): value for name, value in raw.items()}
        return self.record.amend(values, reason, nature, by, self.moment, READING)

    def amend(self, by: Standing = CLERK, nature: str = "correction", reason: str = "误", **raw: Any) -> Record:
        return self.after({**self.decide_amend(by, nature, reason, **raw), "signature": "00"})

    def countersign(self, number: int, by: Standing = CHECKER, refused_because: str = "") -> Record:
        content = self.record.countersign(number, by, self.moment, accepted=not refused_because, reason=refused_because)
        return self.after({**content, "signature": "00"})
