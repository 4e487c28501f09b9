"""The demonstration: a property company with two estates, its people, their records, a month of ordinary trouble.

Everything goes through the same services as the command line; the data are fictitious and lie in
``recordkeeper/demonstration``. The years in them are moved so that nothing lies in the future.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from recordkeeper.errors import RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.record import Record
from recordkeeper.register.acts import Register
from recordkeeper.services import catalogue, lifecycle, people, places
from recordkeeper.services.definition import shipped_procedures
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor, Signer
from recordkeeper.services.yaml_text import read_yaml_of_any_keys

DATA_YEAR = 2026
LATEST_DAY = (11, 21)
DUTY_LOG, FEEDBACK, QUESTIONNAIRE, STATISTICS, NOTICE = (
    "QR-017-01",
    "QR-017-02",
    "QR-017-03",
    "QR-017-04",
    "QR-102-01",
)
_FEEDBACK_SECTIONS = ("received", "forwarded", "analysed", "handled", "verified")
_ANSWER_COLUMNS = ("answer", ("replied_on", "reply"))
_ABOUT_COLUMNS = {"unit", "party", "premises", "returned"}
_ISSUED_COLUMNS = ("survey_year", "household", "issued_on", "return_by")

Advance = Callable[[], None]


@dataclass(slots=True)
class Told:
    """What the demonstration did, for its closing words.

    Args:
        counts: what was made, by its name in the language in use.
        amended: the number of the record with two amendments, one of them pending.
        sheet: the number of a signed month sheet.
        statistics: the number of the statistics.
        refusal: the message of the one act that was refused.
        refused_actor: who tried it.
        refused_subject: on what.
    """

    counts: dict[str, int] = field(default_factory=dict)
    amended: str = ""
    sheet: str = ""
    statistics: str = ""
    refusal: str = ""


@dataclass
class Demonstration:
    """One run over a new workspace.

    Args:
        register: the register of a workspace just made.
        controller: its first controller.
        passphrase: the passphrase of everybody in it.
        now: aware, UTC.
        today: the company's date.
    """

    register: Register
    controller: Actor
    passphrase: str
    now: datetime
    today: date
    told: Told = field(default_factory=Told)

    @cached_property
    def year(self) -> int:
        """The latest year of which the data's last day has passed."""
        return self.today.year if (self.today.month, self.today.day) >= LATEST_DAY else self.today.year - 1

    # ---- data ------------------------------------------------------------------------------------------------

    def _text(self, name: str) -> str:
        text = (Path(__file__).parents[1] / "demonstration" / name).read_text(encoding="utf-8")
        following, marked = str(self.year + 1), text.replace(str(DATA_YEAR + 1), "\0")
        return marked.replace(str(DATA_YEAR), str(self.year)).replace("\0", following)

    def _yaml(self, name: str) -> dict[str, Any]:
        return cast("dict[str, Any]", read_yaml_of_any_keys(self._text(name)).data)

    def _csv(self, name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self._text(name))))

    @cached_property
    def company(self) -> dict[str, Any]:
        """Units, people, and who does what."""
        return self._yaml("workspace.yaml")

    @cached_property
    def actors(self) -> dict[str, Actor]:
        """Everybody by login name."""
        found = {self.controller.login: self.controller}
        for person in people.everybody(self.register):
            found[person.login] = Actor(person.subject, person.login, person.name)
        return found

    @cached_property
    def _signers(self) -> dict[str, Signer]:
        return {}

    def signer(self, login: str) -> Signer:
        """The opened key of a person; no person sits at the keyboard, and the signatures say so."""
        if login not in self._signers:
            self._signers[login] = people.open_signing_key(
                self.register, self.actors[login], self.passphrase, self.now, unattended=True
            )
        return self._signers[login]

    # ---- steps -----------------------------------------------------------------------------------------------

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Every step with its title, in order."""
        yield _("units and people"), self.make_people
        yield _("premises and residents"), self.make_premises
        yield _("forms installed, approved, released"), self.install
        yield _("duty log"), self.keep_duty_log
        yield _("feedback sheets"), self.take_feedback
        yield _("questionnaires"), self.ask_households
        yield _("amendments, a void record, a refusal"), self.amend_and_void
        yield _("month sheets"), self.sign_month_sheets
        yield _("statistics and commendation"), self.make_statistics

    def make_people(self) -> None:
        """Add units, people and their roles."""
        for unit in self.company["units"]:
            places.add_unit(self.register, self.controller, now=self.now, **unit)
        units = {unit.code: unit.subject for unit in places.list_units(self.register, self.controller, self.now)}
        since = date.fromisoformat(self.company["grants_from"])
        for person in self.company["people"]:
            login = person["login"]
            if login == self.controller.login:
                continue
            people.add_user(
                self.register,
                self.controller,
                login=login,
                name=person["name"],
                passphrase=self.passphrase,
                now=self.now,
            )
            for grant in person["grants"]:
                people.grant(
                    self.register,
                    self.controller,
                    login=login,
                    role=grant["role"],
                    unit=units[grant["unit"]],
                    valid_from=since,
                    valid_to=date.fromisoformat(grant["until"]) if "until" in grant else None,
                    now=self.now,
                )
        self._count(_("units"), len(units))
        self._count(_("people"), len(self.company["people"]))

    def make_premises(self) -> None:
        """Add premises, and the parties that live there."""
        rows = self._csv("premises.csv")
        known: dict[tuple[str, str], str] = {}
        for row in rows:
            place = (row["unit"], row["premises"])
            if place not in known:
                known[place] = places.add_premises(
                    self.register, self.controller, unit=place[0], code=place[1], kind=row["kind"], now=self.now
                ).subject
            party = places.add_party(
                self.register,
                self.controller,
                name=row["party"],
                kind=row["party_kind"],
                phone=row["phone"] or None,
                now=self.now,
            )
            places.occupy(
                self.register,
                self.controller,
                premises=known[place],
                party=party.subject,
                capacity=row["capacity"],
                valid_from=date.fromisoformat(row["from"]),
                valid_to=date.fromisoformat(row["to"]) if row["to"] else None,
                now=self.now,
            )
        self._count(_("premises with residents"), len(known))

    def install(self) -> None:
        """Install the procedure; another person approves and releases it, in force from today."""
        drafts = catalogue.install_procedure(self.register, shipped_procedures() / "P02", self.controller, self.now)
        subjects = [revision.subject for revision in drafts]
        approver = self.actors["approver"]
        catalogue.approve(self.register, subjects, approver, self.signer("approver"), self.now)
        catalogue.release(self.register, subjects, self.today, approver, self.now)
        self._count(_("forms in force"), len(subjects) - 1)

    def keep_duty_log(self) -> None:
        """Enter every call and visit, and the replies given later."""
        rows = self._csv("duty_log.csv")
        section, answer_columns = _ANSWER_COLUMNS
        for row in rows:
            clerk = self.actors[self.company["clerks"][row["unit"]]]
            about = About(row["unit"], row["party"] or None, row["premises"] or None)
            entry = _given(row, exclude={*_ABOUT_COLUMNS, *answer_columns})
            record = self._new(clerk, DUTY_LOG, entry, about)
            self._duty[row["unit"], row["received_at"]] = record.number
            answer = _given(row, only=answer_columns)
            if answer:
                lifecycle.fill(self.register, clerk, self.now, record.number, section, answer)
        self._count(_("duty log entries"), len(rows))

    def take_feedback(self) -> None:
        """Take every feedback sheet through its sections as far as it goes."""
        sheets = self._yaml("feedback.yaml")["sheets"]
        for sheet in sheets:
            self._take_sheet(sheet)
        self._count(_("feedback sheets"), len(sheets))

    def _take_sheet(self, sheet: Mapping[str, Any]) -> None:
        clerk = self.company["clerks"][sheet["unit"]]
        about = About(sheet["unit"], sheet.get("party"), sheet.get("premises"))
        record = self._new(self.actors[clerk], FEEDBACK, sheet["received"], about)
        self._feedback[sheet["key"]] = record.number
        performer = "quality"
        for section in _FEEDBACK_SECTIONS:
            if section not in sheet:
                return
            if section == "handled":
                performer = self.company["performers"][record.values["responsible"]]
            doer = clerk if section == "received" else performer if section == "handled" else "quality"
            if section != "received" and sheet[section]:
                record = lifecycle.fill(
                    self.register, self.actors[doer], self.now, record.number, section, sheet[section]
                )
            if sheet.get("unsigned") == section:
                return
            record = self._sign(doer, record.number, section)

    def ask_households(self) -> None:
        """Send out questionnaires and enter what came back, filled for the household."""
        rows = self._csv("questionnaires.csv")
        quality = self.actors["quality"]
        for row in rows:
            about = About(row["unit"], None, row["household"])
            record = self._new(quality, QUESTIONNAIRE, _given(row, only=_ISSUED_COLUMNS), about)
            self._questionnaires[row["household"]] = record.number
            if row["returned"] == "是":
                clerk = self.actors[self.company["clerks"][row["unit"]]]
                answers = _given(row, exclude={*_ABOUT_COLUMNS, *_ISSUED_COLUMNS})
                lifecycle.fill(
                    self.register,
                    clerk,
                    self.now,
                    record.number,
                    "answered",
                    answers,
                    filled_for=row["customer"] or row["household"],
                )
        self._count(_("questionnaires"), len(rows))

    def amend_and_void(self) -> None:
        """Amend with and without counter-signature, void a record begun twice, and try what is refused."""
        story = self._yaml("story.yaml")
        for step in story["amendments"]:
            self._amend(step)
        void = story["void"]
        number = self._feedback[void["feedback"]]
        lifecycle.void(self.register, self.actors[void["by"]], self.now, number, void["reason"])
        self.told.amended = self._feedback[story["amendments"][0]["feedback"]]
        self._count(_("amendments"), len(story["amendments"]))
        self._try_refused(story["refused"])

    def _amend(self, step: Mapping[str, Any]) -> None:
        number = self._number_of(step)
        by = step["by"]
        record = lifecycle.amend(
            self.register,
            self.actors[by],
            self.signer(by),
            self.now,
            number,
            step["set"],
            step["reason"],
            step["nature"],
        )
        answer = step.get("countersign")
        if answer:
            lifecycle.countersign(
                self.register,
                self.actors[answer["by"]],
                self.signer(answer["by"]),
                self.now,
                number,
                record.amendments[-1].changes[0].number,
                accepted="refused" not in answer,
                reason=answer.get("refused", ""),
            )

    def _number_of(self, step: Mapping[str, Any]) -> str:
        if "feedback" in step:
            return self._feedback[step["feedback"]]
        if "duty" in step:
            return self._duty[step["duty"]["unit"], step["duty"]["received_at"]]
        return self._questionnaires[step["questionnaire"]]

    def _try_refused(self, step: Mapping[str, Any]) -> None:
        actor, number = self.actors[step["by"]], self._feedback[step["feedback"]]
        try:
            lifecycle.fill(self.register, actor, self.now, number, step["section"], step["values"])
        except RefusalError as error:
            people.record_refusal(self.register, actor, number, self.now)
            self.told.refusal = f"{actor.login}: {error}"

    def sign_month_sheets(self) -> None:
        """Close the months that are over: the summary, and the head's signature."""
        sheets = self._yaml("story.yaml")["month_sheets"]
        for sheet in sheets:
            number = f"{DUTY_LOG}/{sheet['unit']}-{sheet['month']}"
            clerk = self.actors[sheet["filled_by"]]
            lifecycle.fill(self.register, clerk, self.now, number, "month_end", {"summary": sheet["summary"]})
            self._sign(sheet["read_by"], number, "reading")
            self.told.sheet = self.told.sheet or number
        self._count(_("month sheets signed"), len(sheets))

    def make_statistics(self) -> None:
        """Compute the satisfaction statistics from the returned questionnaires, and commend who was praised."""
        story = self._yaml("story.yaml")
        told = story["statistics"]
        by = told["by"]
        record = self._new(self.actors[by], STATISTICS, told["figures"], About(told["unit"]))
        lifecycle.fill(self.register, self.actors[by], self.now, record.number, "findings", told["findings"])
        self._sign(by, record.number, "findings")
        self._sign(told["approved_by"], record.number, "approved")
        self.told.statistics = record.number
        notice = story["commendation"]
        values = {**notice["values"], "statistics_number": record.number}
        praised = self._new(self.actors[by], NOTICE, values, About(notice["unit"]))
        self._sign(by, praised.number, "commendation")
        self._sign(notice["approved_by"], praised.number, "issued")
        posted = notice["posted"]
        lifecycle.fill(self.register, self.actors[posted["by"]], self.now, praised.number, "posted", posted["values"])

    # ---- what the steps share --------------------------------------------------------------------------------

    @cached_property
    def _duty(self) -> dict[tuple[str, str], str]:
        return {}

    @cached_property
    def _feedback(self) -> dict[str, str]:
        return {}

    @cached_property
    def _questionnaires(self) -> dict[str, str]:
        return {}

    def _new(self, actor: Actor, form: str, values: Mapping[str, object], about: About) -> Record:
        return lifecycle.new(self.register, actor, self.now, form, values, about)

    def _sign(self, login: str, number: str, section: str) -> Record:
        return lifecycle.sign(self.register, self.actors[login], self.signer(login), self.now, number, section)

    def _count(self, what: str, count: int) -> None:
        self.told.counts[what] = count


def _given(
    row: Mapping[str, str], *, only: Sequence[str] | None = None, exclude: set[str] | frozenset[str] = frozenset()
) -> dict[str, str]:
    names = only if only is not None else [name for name in row if name not in exclude]
    return {name: row[name] for name in names if row[name]}
