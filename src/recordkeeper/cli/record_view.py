"""``record show``, ``history`` and ``find``: reading records; nothing is changed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from recordkeeper.amount import amount
from recordkeeper.cli.options import Invocation, shared_options
from recordkeeper.cli.output import print_table, print_text
from recordkeeper.cli.record_report import step_lines
from recordkeeper.cli.tombstone_view import show_stone
from recordkeeper.language import listing, ngettext, noted
from recordkeeper.language import translate as _
from recordkeeper.model.particulars import parse_date
from recordkeeper.model.rich_text import RichText, Span, Style, joined, mark, plain

if TYPE_CHECKING:
    from recordkeeper.services.record_view import AmendmentView, FieldView, RecordView, SectionView, SignatureView

STATES = ("open", "pending", "closed", "void", "replaced", "disposed")
_INDENT = "    "
_SHORT_DIGEST = 16
_MOST_SOURCES = 10


@click.command(
    help=_("Show a record. Values with what was struck, signatures, amendments, attachments, what comes next")
)
@click.argument("number", metavar="NUMBER")
@click.option("--on", "on_text", metavar="DATE", help=_("What was known at the end of that day"))
@shared_options
def show(invocation: Invocation, number: str, on_text: str | None) -> None:
    """Show a record."""
    from recordkeeper.services import viewing
    from recordkeeper.services.record_view import as_json
    from recordkeeper.services.retrieval import DisposedRecordError

    on = parse_date(on_text, "--on") if on_text is not None else None
    try:
        view = viewing.show(invocation.workspace().register, invocation.actor(), invocation.now, number, on)
    except DisposedRecordError as gone:
        show_stone(invocation, gone.tombstone)
        return

    def render() -> None:
        for line in _lines(view):
            print_text(line)

    invocation.emit(as_json(view), render)


@click.command(help=_("List what happened to a record. Each event, who, when, the state it left"))
@click.argument("number", metavar="NUMBER")
@shared_options
def history(invocation: Invocation, number: str) -> None:
    """List a record's events."""
    from recordkeeper.services import viewing
    from recordkeeper.services.record_view import act_name, as_json, flag_name, request_text

    register = invocation.workspace().register
    found, events = viewing.history(register, invocation.actor(), invocation.now, number)

    def render() -> None:
        columns = [_("Event"), _("Act"), _("What"), _("Who"), _("Entered"), _("Happened"), _("Effective")]
        columns += [_("State digest"), _("Flags")]
        rows = [
            [
                each.index,
                each.act,
                act_name(each.kind) + (_("; ") + request_text(each.request) if each.request else ""),
                each.name,
                each.local,
                each.occurred_local if each.occurred_at != each.at else "",
                each.effective_at,
                each.state_digest,
                listing(flag_name(flag) for flag in each.flags),
            ]
            for each in events
        ]
        print_table(columns, rows)

    invocation.emit({"number": found, "events": as_json(events)}, render)


@click.command(help=_("Find records. By number, form, unit, state, dates of entry, party, premises or text"))
@click.option("--number", metavar="TEXT", help=_("How the number begins"))
@click.option("--form", "forms", metavar="FORM", multiple=True, help=_("The form; may be given several times"))
@click.option("--unit", metavar="UNIT", help=_("The unit, with those below it"))
@click.option(
    "--state", "states", type=click.Choice(STATES), multiple=True, help=_("The state; may be given several times")
)
@click.option("--from", "from_text", metavar="DATE", help=_("Entered on that day or later"))
@click.option("--to", "to_text", metavar="DATE", help=_("Entered on that day or earlier"))
@click.option("--party", metavar="PARTY", help=_("The person or firm it is about"))
@click.option("--premises", metavar="PREMISES", help=_("The dwelling or shop it is about"))
@click.option("--text", metavar="TEXT", help=_("What stands in one of its values"))
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help=_("How many at most"))
@shared_options
def find(
    invocation: Invocation,
    number: str | None,
    forms: tuple[str, ...],
    unit: str | None,
    states: tuple[str, ...],
    from_text: str | None,
    to_text: str | None,
    party: str | None,
    premises: str | None,
    text: str | None,
    limit: int | None,
) -> None:
    """Find records."""
    from recordkeeper.services import searching
    from recordkeeper.services.record_view import as_json, state_name

    criteria = searching.Criteria(
        number=number,
        forms=forms,
        unit=unit,
        states=states,
        entered_from=parse_date(from_text, "--from") if from_text is not None else None,
        entered_to=parse_date(to_text, "--to") if to_text is not None else None,
        party=party,
        premises=premises,
        text=text,
        limit=limit,
    )
    found = searching.find(invocation.workspace().register, invocation.actor(), invocation.now, criteria)

    def render() -> None:
        columns = [_("Number"), _("Form"), _("Unit"), _("State"), _("Entered on"), _("Closed on"), _("Content")]
        rows = [
            [
                each.number,
                each.form_title,
                each.unit_name,
                state_name(each.state),
                each.entered_on,
                each.closed_on,
                each.title,
            ]
            for each in found
        ]
        print_table(columns, rows)

    invocation.emit({"records": as_json(found), "count": len(found)}, render)


# ---- one record on a screen ----------------------------------------------------------------------------------------


def _disposed_sources(view: "RecordView") -> str:
    """Which of the records that it was computed from are gone, with their tombstones; of very many the first ones."""
    gone = [
        _("{number}: source disposed, tombstone {count}").format(number=number, count=count)
        for number, count in sorted(view.disposed_sources.items())
    ]
    shown = listing(gone[:_MOST_SOURCES])
    more, untold = len(gone) - _MOST_SOURCES, view.untold_sources
    said = [shown] if shown else []
    if more > 0:
        said.append(_("… and {count} more").format(count=more))
    if untold:
        said.append(
            ngettext(
                "{count} source disposed that you may not be told of",
                "{count} sources disposed that you may not be told of",
                untold,
            ).format(count=untold)
        )
    return listing(said)


def _lines(view: "RecordView") -> Iterator[RichText]:
    from recordkeeper.services.record_view import state_name

    yield (Span(f"{view.number}  {view.title}", Style.STRONG),)
    if view.known_on:
        yield _labelled(_("Known on"), view.known_on)
    yield _labelled(_("State"), state_name(view.state))
    yield _labelled(_("Unit"), view.unit_name)
    yield _labelled(_("Form"), f"{view.form} {view.revision}")
    yield _labelled(
        _("Entered"),
        f"{view.entered_on} {view.entered_by}" + (_(", added after its sheet closed") if view.is_late_row else ""),
    )
    late = ngettext(
        "{count} day after the matter: {reason}", "{count} days after the matter: {reason}", view.late_days
    ).format(count=view.late_days, reason=view.late_reason)
    transferred = _("{receiver} by {list}; a copy is kept here").format(
        receiver=view.transferred_to, list=view.transferred_by
    )
    optional = [
        (_("Happened"), view.occurred),
        (_("Entered late"), late if view.late_days else ""),
        (_("Closed"), view.closed_on),
        (_("Sheet"), view.sheet),
        (_("Party"), view.party_name),
        (_("Premises"), view.premises_code),
        (_("Replaces"), view.replaces),
        (_("Replaced by"), view.successor),
        (_("Void because"), view.void_reason),
        (_("Transferred to"), transferred if view.transferred_by else ""),
        (_("Checkpoint"), view.checkpoint),
        (_("Outdated"), _("records it was computed from have changed: re-issue it") if view.is_outdated else ""),
        (_("Sources"), _disposed_sources(view)),
    ]
    yield from (_labelled(label, text) for label, text in optional if text)
    for each in view.erasures:
        said = _("{places}; tombstone {count}, list {list}, {day} {name}; {basis}").format(
            places=listing(each.titles), count=each.tombstone, list=each.list, day=each.on, name=each.by,
            basis=each.basis,
        )  # fmt: skip
        yield _labelled(_("Erased on request"), said)
    for section in view.sections:
        yield from _section_lines(section)
    yield from _row_lines(view)
    yield from _amendment_lines(view)
    yield from _attachment_lines(view)
    yield from _copy_lines(view)
    yield from _request_lines(view)
    yield ()
    yield from ((Span(line),) for line in step_lines(view.next))
    yield (Span(_("state d({number}) {digest}").format(number=view.act_count, digest=view.state_digest), Style.GREY),)


def _labelled(label: str, text: "str | RichText", indent: str = "  ") -> RichText:
    spans = plain(text) if isinstance(text, str) else text
    continued = "\n" + indent + _INDENT
    return (
        Span(indent + _("{label}: ").format(label=label), Style.GREY),
        *(Span(s.text.replace("\n", continued), s.style) for s in spans),
    )


def _section_lines(section: "SectionView") -> Iterator[RichText]:
    from recordkeeper.services.record_view import due_text, state_name

    heading = f"{noted(section.title, section.step)} · {state_name(section.state)}"
    heading += due_text(section)
    yield ()
    yield (Span(heading, Style.STRONG),)
    if section.filled_by and section.filled_for:
        said = _("{name}, for {other}").format(name=section.filled_by, other=section.filled_for)
        yield _labelled(_("Filled by"), said)
    elif section.filled_by:
        yield _labelled(_("Filled by"), section.filled_by)
    for field in section.fields:
        yield from _field_lines(field)
    for signature in section.signatures:
        yield from _signature_lines(signature)


def _field_lines(field: "FieldView") -> Iterator[RichText]:
    if field.type != "rows":
        if field.text:
            yield _labelled(field.title, field.text)
        return
    yield _labelled(field.title, "")
    for number, cells in enumerate(field.rows, 1):
        yield (Span(f"{_INDENT}{number}. "), *joined((cell.text for cell in cells), " | "))


def _signature_lines(signature: "SignatureView") -> Iterator[RichText]:
    said = f"{signature.name} · {signature.role} · {signature.meaning} · {signature.local}"
    yield _labelled(_("Signed"), said)
    if signature.is_carried:
        way = _("carried over as it was told: given before values were erased, it can be checked no longer")
    elif signature.is_valid is None:
        way = _("on paper, scan {digest}, entered by {name}").format(
            digest=signature.scan[:_SHORT_DIGEST], name=signature.entered_by
        )
        if signature.witness:
            way += _(", witness {name}").format(name=signature.witness)
    else:
        way = _("signature valid") if signature.is_valid else _("SIGNATURE NOT VALID")
    if signature.is_unattended:
        way += _(", unattended")
    after = _("nothing amended after it")
    if signature.amended_after:
        marks = " ".join(mark(number) for number in signature.amended_after)
        after = _("amended after it: {marks}").format(marks=marks)
    way += _("; ") + _("signed state d({number}) {digest}").format(
        number=signature.signed_act, digest=signature.signed_state[:_SHORT_DIGEST]
    )
    yield (Span(_INDENT + way + _("; ") + after, Style.GREY if signature.is_valid is not False else Style.STRONG),)


def _row_lines(view: "RecordView") -> Iterator[RichText]:
    from recordkeeper.services.record_view import state_name

    if not view.rows:
        return
    yield ()
    yield (Span(_("Rows: {count}").format(count=len(view.rows)), Style.STRONG),)
    for row in view.rows:
        state = state_name(row.state) + (_(", added after its sheet closed") if row.is_late else "")
        if row.pending_amendments:
            state += _(", awaits a counter-signature")
        yield (Span(f"  {row.number} · {row.recorded_by} · {state}"),)
        yield (Span(_INDENT), *(Span(span.text.replace("\n", " "), span.style) for span in row.text))


def _amendment_lines(view: "RecordView") -> Iterator[RichText]:
    if not view.amendments:
        return
    signatures = {signature.act: signature for signature in view.signatures}
    yield ()
    yield (Span(_("Amendments"), Style.STRONG),)
    for amendment in view.amendments:
        for change in amendment.changes:
            computed = _(" (computed)") if change.is_computed else ""
            yield _labelled(f"{mark(change.number)} {change.title}{computed}", change.change)
        yield from _why(amendment)
        if amendment.act in signatures:
            yield from _signature_lines(signatures[amendment.act])


def _why(amendment: "AmendmentView") -> Iterator[RichText]:
    from recordkeeper.services.record_view import countersign_name

    nature = _("a change of fact") if amendment.nature == "fact" else _("a correction")
    said = _("{reason} ({nature}), {name} {moment}; {countersign}").format(
        reason=amendment.reason,
        nature=nature,
        name=amendment.by,
        moment=amendment.local,
        countersign=countersign_name(amendment.countersign),
    )
    if amendment.countersigned_by:
        said = _("{label}: ").format(label=said) + amendment.countersigned_by
    if amendment.countersign_reason:
        said = _("{label}: ").format(label=said) + amendment.countersign_reason
    yield (Span(_INDENT + said),)
    if amendment.party != "not needed":
        yield (Span(_INDENT + _party_answer(amendment)),)


def _party_answer(amendment: "AmendmentView") -> str:
    from recordkeeper.services.record_view import party_answer_name

    said = party_answer_name(amendment.party)
    if amendment.party_signer:
        said = _("{label}: ").format(label=said) + amendment.party_signer
    if amendment.party_witness:
        said += _("; witness {witness}; entered by {name}").format(
            witness=amendment.party_witness, name=amendment.party_entered_by
        )
    if amendment.party_reason:
        said += _("; ") + amendment.party_reason
    return said


def _attachment_lines(view: "RecordView") -> Iterator[RichText]:
    if not view.attachments:
        return
    yield ()
    yield (Span(_("Attachments"), Style.STRONG),)
    for each in view.attachments:
        if not each.digest:
            yield (Span(f"  {each.name}"),)
            continue
        size = amount("bytes", each.size)
        yield (Span(f"  {each.name} · {each.media_type} · {size} · {each.digest} · {each.by} {each.local}"),)


def _copy_lines(view: "RecordView") -> Iterator[RichText]:
    if not view.copies:
        return
    yield ()
    yield (Span(_("Copies issued"), Style.STRONG),)
    for each in view.copies:
        said = _("act {act} · {token} · {name} {moment}").format(
            act=each.act, token=each.token, name=each.by, moment=each.local
        )
        yield (Span("  " + said + (_(", for {name}").format(name=each.recipient) if each.recipient else "")),)


def _request_lines(view: "RecordView") -> Iterator[RichText]:
    from recordkeeper.services.record_view import request_text

    if not view.requests:
        return
    yield ()
    yield (Span(_("Requests"), Style.STRONG),)
    for each in view.requests:
        yield (Span("  " + request_text(each)),)
