"""Dossiers of parties at premises: what is in them, in the order of the procedure, what they lack, and their cover.

A dossier is opened by moving in and closed by selling or moving out, as the premises' own acts say; nothing is entered
for it but its cover, a record like any other.

Source: ISO 9001, 8.5.3; P06-R1; P07-R3
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from recordkeeper.errors import InvalidInputError, MissingError, PlaceError, RefusalError
from recordkeeper.language import current_language, listing
from recordkeeper.language import translate as _
from recordkeeper.model.dossier import Stay, in_order, is_filed, missing_forms, stay_of, stays_at
from recordkeeper.model.person import AUDITOR
from recordkeeper.model.premises import Premises
from recordkeeper.model.procedure import DossierRule, Procedure
from recordkeeper.model.record import Record
from recordkeeper.model.record_state import State
from recordkeeper.register.acts import Register
from recordkeeper.register.lookup import units_below
from recordkeeper.register.search import FoundRecord, RecordQuery, find_records
from recordkeeper.services import lifecycle, places
from recordkeeper.services.catalogue import revisions
from recordkeeper.services.company import unit_and_above, unit_of
from recordkeeper.services.installation import standing_procedures
from recordkeeper.services.lifecycle import About
from recordkeeper.services.people import Actor
from recordkeeper.services.retrieval import load
from recordkeeper.services.searching import NoUnitToReadError
from recordkeeper.services.setting import Setting
from recordkeeper.services.shelf import Shelf
from recordkeeper.services.viewing import is_outdated, note_reading

_GONE = {State.VOID, State.REPLACED, State.DISPOSED}


class NoDossierRuleError(PlaceError, MissingError):
    """No procedure that is in force at a unit says how dossiers are kept."""

    def __init__(self, unit: str) -> None:
        message = _("{unit}: no procedure in force says how dossiers are kept").format(unit=unit)
        super().__init__(message, subject=unit, expected=_("a procedure with dossiers"))


class SeveralDossierRulesError(PlaceError, RefusalError):
    """Several procedures that are in force at a unit say how dossiers are kept."""

    def __init__(self, unit: str, procedures: Sequence[str]) -> None:
        names = listing(procedures)
        message = _("{unit}: several procedures say how dossiers are kept: {names}").format(unit=unit, names=names)
        super().__init__(message, subject=unit, expected=_("one procedure"), found=names)


class NoStayError(PlaceError, MissingError):
    """A party has no dossier at premises: it never moved in."""

    def __init__(self, code: str, party: str, known: Sequence[str]) -> None:
        names = listing(known) or _("nobody")
        message = _("{premises}: no dossier of {party}, only of {names}")
        super().__init__(
            message.format(premises=code, party=party or _("anybody"), names=names),
            subject=code,
            expected=names,
            found=party,
        )


class SeveralDossiersError(PlaceError, InvalidInputError):
    """There are several dossiers at premises, and none was named."""

    def __init__(self, code: str, names: Sequence[str]) -> None:
        listed = listing(names)
        message = _("{premises}: several dossiers: {names}").format(premises=code, names=listed)
        super().__init__(message, subject=code, expected=_("one of {names}").format(names=listed))


@dataclass(frozen=True, slots=True)
class ItemView:
    """One record in a dossier as it is listed."""

    number: str
    form: str
    title: str
    revision: str
    state: str
    entered_on: str
    closed_on: str
    row_count: int
    attachment_count: int


@dataclass(frozen=True, slots=True)
class DossierView:
    """One dossier.

    Args:
        premises, premises_code, unit, unit_name: where.
        party, party_name, capacities: whose.
        opened_on: move-in.
        closed_on: sale or move-out; None while the party stays.
        is_open: whether it is open today.
        items: the records that may be read, in the order of the procedure.
        missing: code and title of each form that should be there and is not.
        unreadable: how many records more there are.
        cover: the number of the cover that stands; empty where there is none.
        is_cover_outdated: whether records came or changed since.
    """

    premises: str
    premises_code: str
    unit: str
    unit_name: str
    party: str
    party_name: str
    capacities: tuple[str, ...]
    opened_on: date
    closed_on: date | None
    is_open: bool
    items: tuple[ItemView, ...]
    missing: tuple[tuple[str, str], ...]
    unreadable: int
    cover: str
    is_cover_outdated: bool


# ---- the acts --------------------------------------------------------------------------------------------------------


def show(register: Register, actor: Actor, now: datetime, premises: str, party: str | None = None) -> DossierView:
    """A party's dossier at premises; where no party is named, the owner's, or the only one.

    Raises:
        UnknownPlaceError, SeveralPlacesError: no such premises or party, or several.
        NoStayError: the party never moved in.
        SeveralDossiersError: several could be meant.
        NoDossierRuleError, SeveralDossierRulesError: no procedure says how dossiers are kept, or several do.
        NoUnitToReadError: no role at the unit of the premises.
    """
    with register.reading() as snapshot:
        desk = _Desk(Setting(snapshot, now), actor)
        found = desk.find(premises, party)
        view = desk.view(*found)
        is_noted = desk.is_reading_noted(view.unit)
    if is_noted:
        note_reading(register, actor, now, view.premises)
    return view


def list_dossiers(register: Register, actor: Actor, now: datetime, unit: str | None = None) -> list[DossierView]:
    """Every dossier at the premises of a unit and those below it, by code and by the day of moving in.

    Raises:
        UnknownPlaceError, SeveralPlacesError: no such unit, or several.
        NoDossierRuleError, SeveralDossierRulesError: as ``show``.
        NoUnitToReadError: no role at the unit.
    """
    with register.reading() as snapshot:
        desk = _Desk(Setting(snapshot, now), actor)
        root = desk.setting.find("unit", unit) if unit else desk.setting.root.subject
        below = units_below(snapshot, root)
        readable = [each for each in below if desk.roles_at(each)]
        if not readable:
            raise NoUnitToReadError(actor.login, desk.setting.shown_name(root))
        standing = [Premises.replay(history) for history in snapshot.histories("premises")]
        views = [
            desk.view(each, stay)
            for each in sorted(standing, key=lambda one: (one.unit, one.code))
            if each.unit in readable
            for stay in sorted(stays_at(each), key=lambda one: one.opened_on)
        ]
        is_noted = any(desk.is_reading_noted(each) for each in readable)
    if is_noted:
        note_reading(register, actor, now, None)
    return views


def cover(
    register: Register, actor: Actor, now: datetime, premises: str, party: str | None, raw: Mapping[str, object]
) -> tuple[Record, bool]:
    """The cover of a dossier with its contents list, made anew where there is none or where it is outdated.

    One that nobody has signed is filled again; one that was signed is replaced by another, and both are kept.

    Args:
        register: the open register.
        actor: who makes it.
        now: aware, UTC.
        premises: code or id.
        party: whose dossier, as for ``show``.
        raw: values of the cover's first section that are typed in.

    Returns:
        The cover that stands, and whether anything was entered.

    Raises:
        As ``show``; as ``lifecycle.new``, ``lifecycle.fill`` and ``lifecycle.reissue``.
    """
    with register.reading() as snapshot:
        desk = _Desk(Setting(snapshot, now), actor)
        found, stay = desk.find(premises, party)
        view, rule = desk.view(found, stay), desk.rule(found.unit)
        about = About(unit_of(snapshot, found.unit).code, stay.party, found.subject)
        standing = load(snapshot, view.cover) if view.cover else None
    if standing is None:
        return lifecycle.new(register, actor, now, rule.cover, raw, about), True
    if not (view.is_cover_outdated or raw):
        return standing, False
    first = standing.sections[0].id
    filled = next((step for step in standing.saved if step.section == first), None)
    if not standing.signatures and filled is not None and standing.saved[filled].by == actor.subject:
        kept = {each.id: standing.values.get(each.id) for each in standing.sections[0].fields}
        values = {name: value for name, value in {**kept, **raw}.items() if value is not None}
        return lifecycle.fill(register, actor, now, standing.number, first, values), True
    return lifecycle.reissue(register, actor, now, standing.number, raw, _("the contents have changed"))[0], True


# ---- looking ---------------------------------------------------------------------------------------------------------


@dataclass
class _Desk:
    """Looks dossiers up for one person; every answer is found once."""

    setting: Setting
    actor: Actor

    def __post_init__(self) -> None:
        """Begin with no answers."""
        self._shelf = Shelf(self.setting, self.actor.subject)
        self._rules: dict[str, DossierRule] = {}
        self._is_confidential = False

    def find(self, premises: str, party: str | None) -> tuple[Premises, Stay]:
        """The premises and the stay that are meant."""
        snapshot, setting = self.setting.snapshot, self.setting
        found = places.find_premises(snapshot, premises)
        if not self.roles_at(found.unit):
            raise NoUnitToReadError(self.actor.login, setting.shown_name(found.unit))
        stays = stays_at(found)
        names = [setting.shown_name(stay.party) for stay in stays]
        if party is not None:
            named = places.find_party(snapshot, party)
            stay = stay_of(found, named.subject)
            if stay is None:
                raise NoStayError(found.code, named.name, names)
            return found, stay
        candidates = list(self._candidates(stays))
        if not candidates:
            raise NoStayError(found.code, "", names)
        if len(candidates) > 1:
            raise SeveralDossiersError(found.code, [setting.shown_name(stay.party) for stay in candidates])
        return found, candidates[0]

    def _candidates(self, stays: Sequence[Stay]) -> Sequence[Stay]:
        """Who is meant where nobody is named: the owner of today, else who stays today, else whoever there was."""
        staying = [stay for stay in stays if stay.is_open_on(self.setting.today)]
        return [stay for stay in staying if "owner" in stay.capacities] or staying or stays

    def rule(self, unit: str) -> DossierRule:
        """How dossiers are kept at a unit."""
        if unit not in self._rules:
            self._rules[unit] = rule_at(self.setting, unit)
        return self._rules[unit]

    def roles_at(self, unit: str) -> frozenset[str]:
        """The roles of the person at a unit, those of others whom they stand in for included."""
        return self._shelf.roles_at(unit)

    def is_reading_noted(self, unit: str) -> bool:
        """Whether looking into dossiers of a unit leaves an event: an auditor's, or that of confidential forms."""
        return AUDITOR in self.roles_at(unit) or self._is_confidential

    def view(self, premises: Premises, stay: Stay) -> DossierView:
        """One dossier as it stands."""
        setting, rule = self.setting, self.rule(premises.unit)
        records = [each for each in self._filed(premises, stay) if each.form != rule.cover]
        readable = [each for each in records if self._is_readable(each)]
        covers = [each for each in self._filed(premises, stay) if each.form == rule.cover and each.state not in _GONE]
        standing = load(setting.snapshot, covers[-1].number) if covers else None
        present = [each.form for each in records if each.state not in _GONE]
        return DossierView(
            premises=premises.subject,
            premises_code=premises.code,
            unit=premises.unit,
            unit_name=setting.shown_name(premises.unit),
            party=stay.party,
            party_name=setting.shown_name(stay.party),
            capacities=stay.capacities,
            opened_on=stay.opened_on,
            closed_on=stay.closed_on,
            is_open=stay.is_open_on(setting.today),
            items=tuple(self._item(each) for each in in_order(readable, list(rule.required))),
            missing=tuple((code, self._title(code)) for code in missing_forms(present, rule.required)),
            unreadable=len(records) - len(readable),
            cover=standing.number if standing else "",
            is_cover_outdated=standing is not None and is_outdated(setting, standing),
        )

    def _filed(self, premises: Premises, stay: Stay) -> Iterator[FoundRecord]:
        """The records and sheets of a dossier; the rows of a sheet are filed with it."""
        for each in find_records(self.setting.snapshot, RecordQuery(premises=(premises.subject,))):
            entered_on = date.fromisoformat(each.entered_on)
            if not each.sheet and is_filed(stay, stay.party, each.party, entered_on):
                yield each

    def _is_readable(self, found: FoundRecord) -> bool:
        self._is_confidential |= bool(self._shelf.readers(found))
        return self._shelf.is_readable(found)

    def _item(self, found: FoundRecord) -> ItemView:
        record = load(self.setting.snapshot, found.number)
        rows = find_records(self.setting.snapshot, RecordQuery(sheet=record.subject)) if record.is_sheet else []
        return ItemView(
            number=found.number,
            form=found.form,
            title=record.form.title.in_language(current_language()),
            revision=found.revision,
            state=found.state,
            entered_on=found.entered_on,
            closed_on=found.closed_on or "",
            row_count=len(rows),
            attachment_count=len(record.attachments),
        )

    def _title(self, code: str) -> str:
        known = revisions(self.setting.snapshot, code)
        return known[-1].form.title.in_language(current_language()) if known else ""


def rule_at(setting: Setting, unit: str) -> DossierRule:
    """How dossiers are kept at a unit, as the procedure in force there says.

    Raises:
        NoDossierRuleError, SeveralDossierRulesError: none says it, or several do.
    """
    above = set(unit_and_above(setting.snapshot, unit))
    found: dict[str, DossierRule] = {}
    for revision in standing_procedures(setting.snapshot, setting.today):
        rule = Procedure.model_validate(revision.definition).dossier
        if rule is not None and revision.is_in_force(setting.today) and above & set(revision.units):
            found[revision.code] = rule
    if not found:
        raise NoDossierRuleError(setting.shown_name(unit))
    if len(found) > 1:
        raise SeveralDossierRulesError(setting.shown_name(unit), list(found))
    return next(iter(found.values()))
