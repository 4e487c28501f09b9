"""A procedure's definition as data: its roles, its rules in our own words, the forms that belong to it.

What a rule demands is enforced by the forms' definitions and the engine; here it is told to people.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints, ValidationInfo, model_validator

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.consistency import Misfit, Place, Salvage, told
from recordkeeper.model.form import Form
from recordkeeper.model.grammar import Code, Definition, Identifier, RevisionName, RuleId, Title
from recordkeeper.model.purpose import purpose_names
from recordkeeper.model.routing import ByField, Purpose
from recordkeeper.model.section import Section

PRODUCT_ROLES = ("controller", "approver", "auditor")
ProcedureId: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,19}$")]
RuleText: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Role(Title):
    """Something that a person can be at a unit: its name is the department's or the post's."""

    id: Identifier


class Rule(Definition):
    """One rule: its stable id and what it says in both languages."""

    id: RuleId
    zh: RuleText
    en: RuleText

    def in_language(self, language: str) -> str:
        """What it says in ``zh`` or ``en``."""
        return self.en if language == "en" else self.zh


class TableColumn(Definition):
    """A key or column of a reference table.

    Args:
        id: its name in expressions and in the file that is imported.
        title: printed heading.
        type: what it holds.
        places: decimal places of a number.
    """

    id: Identifier
    title: Title
    type: Literal["text", "number", "money", "date", "yes_no", "premises", "unit"] = "text"
    places: Annotated[int, Field(ge=0, le=6)] = 0


class ReferenceTable(Definition):
    """Controlled data with revisions that forms are checked against: a price report, an area schedule.

    Args:
        id: its name in expressions.
        title: its name.
        keys: what finds a row.
        columns: what a row says.
        approver: the role that approves its revisions.
    """

    id: Identifier
    title: Title
    keys: Annotated[tuple[TableColumn, ...], Field(min_length=1)]
    columns: Annotated[tuple[TableColumn, ...], Field(min_length=1)]
    approver: Identifier


class DossierItem(Definition):
    """A form that has a place in dossiers.

    Args:
        form: its code.
        required: whether a dossier without one of its records lacks it.
    """

    form: Code
    required: bool = False


class DossierRule(Definition):
    """How dossiers are kept: what stands on their cover, and what is filed in which order.

    Args:
        cover: the form of cover and contents list.
        contents: the forms that have a place, in order; records of others come behind.

    Source: P06-R1
    """

    cover: Code
    contents: Annotated[tuple[DossierItem, ...], Field(min_length=1)]

    @property
    def required(self) -> dict[str, bool]:
        """Every form that has a place, in order, and whether it must be there."""
        return {item.form: item.required for item in self.contents}


class Owner(Definition):
    """The department that draws a procedure up, revises it and withdraws it.

    Args:
        role: its role; whoever revises or withdraws the procedure or one of its forms holds it.
        rules: the rules that say so.
    """

    role: Identifier
    rules: tuple[RuleId, ...] = ()


class Procedure(Definition):
    """One procedure at one revision.

    Args:
        id: ``P02``.
        revision: ``A/0``.
        title: its name.
        owner: whose it is; none where any controller may revise it.
        roles: whoever its forms name.
        rules: what it says.
        related_documents: the procedures it refers to.
        forms: the codes of its forms.
        provides: the purposes that its own forms serve.
        tables: the reference tables that it lives by.
        readers: purpose to the roles that alone may read the records of whichever form serves it, of other procedures
            too; where several procedures say so in one unit, all of them hold.
        dossier: how dossiers are kept, where it rules on that.
        same_as: the procedure whose text this one repeats, as a model to be copied and made a company's own.
    """

    id: ProcedureId
    revision: RevisionName
    title: Title
    owner: Owner | None = None
    roles: tuple[Role, ...] = ()
    rules: tuple[Rule, ...] = ()
    related_documents: tuple[Title, ...] = ()
    forms: tuple[Code, ...] = ()
    provides: Mapping[Purpose, Code] = Field(default_factory=dict)
    tables: tuple[ReferenceTable, ...] = ()
    readers: Mapping[Purpose, tuple[Identifier, ...]] = Field(default_factory=dict)
    dossier: DossierRule | None = None
    same_as: ProcedureId | None = None

    @model_validator(mode="after")
    def _names_each_once(self, info: ValidationInfo) -> "Procedure":
        misfits = [
            *_repeated("roles", [role.id for role in self.roles], "id"),
            *_repeated("rules", [rule.id for rule in self.rules], "id"),
            *_repeated("forms", list(self.forms)),
            *_repeated("tables", [table.id for table in self.tables], "id"),
            *self._own_misfits(),
            *self._owner_misfits(),
            *(
                Misfit(("roles", index, "id"), _("the role {name} is the product's own").format(name=role.id))
                for index, role in enumerate(self.roles)
                if role.id in PRODUCT_ROLES
            ),
        ]
        return told(self, misfits, info.context if isinstance(info.context, Salvage) else None)

    def _own_misfits(self) -> Iterator[Misfit]:
        if not self.roles and self.same_as is None:
            yield Misfit(("roles",), _("expected at least one role"))
        for purpose, code in self.provides.items():
            if code not in self.forms:
                message = _("{code} is not among the forms of {procedure}").format(code=code, procedure=self.id)
                yield Misfit(("provides", purpose), message)
        yield from self._reader_misfits()
        if self.dossier is not None:
            yield from self._dossier_misfits(self.dossier)
        for index, table in enumerate(self.tables):
            if self.role(table.approver) is None and table.approver not in PRODUCT_ROLES:
                message = _("{procedure} has no role {name}").format(procedure=self.id, name=table.approver)
                yield Misfit(("tables", index, "approver"), message)
            names = [column.id for column in (*table.keys, *table.columns)]
            for name in sorted({name for name in names if names.count(name) > 1}):
                yield Misfit(("tables", index), _("{name} stands twice").format(name=name))

    def _reader_misfits(self) -> Iterator[Misfit]:
        purposes = sorted({*purpose_names(), *self.provides})
        for purpose, names in self.readers.items():
            if purpose not in purposes:
                message = _("no purpose {name}, only {names}").format(name=purpose, names=listing(purposes))
                yield Misfit(("readers", purpose), message)
            for index, name in enumerate(names):
                if self.role(name) is None:
                    message = _("{procedure} has no role {name}").format(procedure=self.id, name=name)
                    yield Misfit(("readers", purpose, index), message)

    def _dossier_misfits(self, dossier: DossierRule) -> Iterator[Misfit]:
        named: list[tuple[Place, str]] = [(("dossier", "cover"), dossier.cover)]
        named += [(("dossier", "contents", index, "form"), item.form) for index, item in enumerate(dossier.contents)]
        for place, code in named:
            if code not in self.forms:
                message = _("{code} is not among the forms of {procedure}").format(code=code, procedure=self.id)
                yield Misfit(place, message)
        codes = [item.form for item in dossier.contents]
        for index, code in enumerate(codes):
            if code in codes[:index]:
                yield Misfit(("dossier", "contents", index, "form"), _("{name} stands twice").format(name=code))

    def _owner_misfits(self) -> Iterator[Misfit]:
        if self.owner is not None and self.role(self.owner.role) is None:
            message = _("{procedure} has no role {name}").format(procedure=self.id, name=self.owner.role)
            yield Misfit(("owner", "role"), message)
        for index, name in enumerate(self.owner.rules if self.owner else ()):
            if name not in {rule.id for rule in self.rules}:
                message = _("{procedure} has no rule {name}").format(procedure=self.id, name=name)
                yield Misfit(("owner", "rules", index), message)

    def role(self, identifier: str) -> Role | None:
        """The role of that id; None where the procedure has none."""
        return next((role for role in self.roles if role.id == identifier), None)

    def misfits_of(self, form: Form) -> list[Misfit]:
        """What of ``form`` this procedure does not provide for: its place, roles nobody can hold, rules it lacks."""
        known = {role.id for role in self.roles} | set(PRODUCT_ROLES)
        misfits: list[Misfit] = []
        if form.procedure != self.id:
            message = _("belongs to {found}, not to {expected}")
            misfits.append(Misfit(("procedure",), message.format(found=form.procedure, expected=self.id)))
        elif form.code not in self.forms:
            message = _("{code} is not among the forms of {procedure}")
            misfits.append(Misfit(("code",), message.format(code=form.code, procedure=self.id)))
        misfits += [
            Misfit(place, _("{procedure} has no role {name}").format(procedure=self.id, name=name))
            for place, name in _roles_in(form)
            if name not in known
        ]
        purposes = sorted({*purpose_names(), *self.provides})
        misfits += [
            Misfit(place, _("no purpose {name}, only {names}").format(name=name, names=listing(purposes)))
            for place, name in _purposes_in(form)
            if name not in purposes
        ]
        rules = {rule.id for rule in self.rules}
        misfits += [
            Misfit(place, _("{procedure} has no rule {name}").format(procedure=self.id, name=name))
            for place, name in _rules_in(form)
            if name.startswith(f"{self.id}-R") and name not in rules
        ]
        return misfits


def _repeated(key: str, names: list[str], *below: str) -> Iterator[Misfit]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Misfit((key, index, *below), _("{name} stands twice").format(name=name))


def _roles_in(form: Form) -> Iterator[tuple[Place, str]]:
    yield ("owner",), form.owner
    lists = [
        (("amendment", "by"), form.amendment.by),
        (
            ("amendment", "countersign", "by"),
            form.amendment.countersign.by if form.amendment.countersign else (),
        ),
        (("access", "read"), form.access.read),
        (("access", "take_out"), form.access.take_out),
        (("access", "copy"), form.access.copying),
        (("access", "consent"), form.access.consent),
    ]
    for place, names in lists:
        for name in names:
            yield place, name
    for index, section in enumerate(form.sections):
        yield from _roles_in_section(form.sections, section, ("sections", index))
    for index, section in enumerate(form.sheet.sections if form.sheet else ()):
        yield from _roles_in_section(form.sheet.sections if form.sheet else (), section, ("sheet", "sections", index))


def _purposes_in(form: Form) -> Iterator[tuple[Place, str]]:
    """Every purpose for which a form opens or needs a record, with its keys."""
    parts: list[tuple[Place, Section]] = [(("sections", index), each) for index, each in enumerate(form.sections)]
    if form.sheet is not None:
        parts += [(("sheet", "sections", index), each) for index, each in enumerate(form.sheet.sections)]
    for place, section in parts:
        for key, several in (("opens", section.opens), ("needs", section.needs)):
            for index, elsewhere in enumerate(several):
                if elsewhere.purpose is not None:
                    yield (*place, key, index, "purpose"), elsewhere.purpose


def _rules_in(form: Form) -> Iterator[tuple[Place, str]]:
    for index, name in enumerate(form.rules):
        yield ("rules", index), name
    of_sheet = form.sheet.sections if form.sheet else ()
    for sections, above in ((form.sections, ("sections",)), (of_sheet, ("sheet", "sections"))):
        for number, section in enumerate(sections):
            for index, name in enumerate(section.rules):
                yield (*above, number, "rules", index), name


def _roles_in_section(sections: tuple[Section, ...], section: Section, place: Place) -> Iterator[tuple[Place, str]]:
    for by in section.by:
        if isinstance(by, str):
            yield (*place, "by"), by
        elif isinstance(by, ByField):
            name, _dot, column = by.field.partition(".")
            field = next((field for each in sections if (field := each.field(name))), None)
            if field is not None and column:
                field = next((each for each in field.columns if each.id == column), None)
            for choice in field.choices if field else ():
                yield (*place, "by"), choice.id
