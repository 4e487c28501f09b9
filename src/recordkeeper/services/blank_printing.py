"""Blanks of a form in force: issued by an act that holds their numbers and tokens, then rendered from that act.

Issuing writes the act alone; rendering writes nothing and can be done again at any time, with equal bytes as long as
the names of company and unit stand.

Source: ISO 9001, 7.5.3.2 (distribution, access, control of changes)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from recordkeeper.documents.pdf_pack import pdf_pack
from recordkeeper.documents.printout import Printout, print_pdfs
from recordkeeper.language import listing
from recordkeeper.model.blank import MOST_AT_ONCE, BlankCountError, Printing, UnknownPrintingError, numbers_from
from recordkeeper.model.form_revision import Revision
from recordkeeper.model.rendition import blank_context
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.register.acts import Register
from recordkeeper.register.record_projection import revision_rows
from recordkeeper.register.snapshot import Snapshot
from recordkeeper.services.catalogue import code_of, revision_in_force, revision_named, template_of
from recordkeeper.services.installation import check_installed_for
from recordkeeper.services.people import Actor
from recordkeeper.services.print_token import new_token
from recordkeeper.services.right import check_right
from recordkeeper.services.setting import Setting

COMMAND = "form print"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be printed.

    Args:
        spelling: the form by code, printed spelling or title.
        count: how many blanks.
        unit: the code or name of the unit that they are for; empty for the company.
        reason: why; may be empty.
    """

    spelling: str
    count: int = 1
    unit: str = ""
    reason: str = ""


def next_numbers(snapshot: Snapshot, now: datetime, order: Order) -> tuple[Revision, str]:
    """The revision in force and what the blanks of ``order`` would be numbered, before they are issued.

    Raises:
        UnknownFormError, SharedSpellingError: as ``code_of``.
        NotInForceError: no revision is in force.
        BlankCountError: none, or too many.
    """
    if not 1 <= order.count <= MOST_AT_ONCE:
        raise BlankCountError(order.count)
    revision = revision_in_force(snapshot, code_of(snapshot, order.spelling), Setting(snapshot, now).today)
    return revision, numbers_from(revision.next_blank, order.count)


def issue(register: Register, actor: Actor, now: datetime, order: Order) -> tuple[Revision, Printing]:
    """Issue blanks of the revision in force: one act on it, which holds the number and the token of each.

    Returns:
        The revision, and what was issued.

    Raises:
        NoRightError, AuditorChangesNothingError: as ``check_right``.
        UnknownPlaceError, SeveralPlacesError: as ``Setting.find``.
        NotInstalledHereError: the procedure is not installed for the unit.
        AlteredTemplateError: the stored template is not the one approved.
        Others: as ``next_numbers``.
    """
    with register.writing(now=now) as transaction:
        setting = Setting(transaction, now)
        unit = setting.find("unit", order.unit) if order.unit else ROOT_UNIT
        check_right(transaction, actor, COMMAND, now, unit)
        found, _numbers = next_numbers(transaction, now, order)
        check_installed_for(setting, found.form, unit)
        template_of(transaction, found)
        tokens = [new_token() for _blank in range(order.count)]
        who = setting.standing(actor.subject, unit)
        content = found.print_blanks(tokens, unit, order.reason, who, setting.moment)
        revision = Revision.replay(found.history.followed_by(content))
        transaction.append(found.history, content, revision_rows(revision))
    return revision, revision.printings[-1]


def issued(
    snapshot: Snapshot, actor: Actor, now: datetime, spelling: str, revision: str | None, act: int
) -> tuple[Revision, Printing]:
    """What an act issued, to be printed again.

    Args:
        snapshot: the register.
        actor: who asks for it.
        now: aware, UTC.
        spelling: the form by code, printed spelling or title.
        revision: ``A/0``; the one in force where not given, else the newest.
        act: number of the act on the revision.

    Raises:
        UnknownFormError, SharedSpellingError, UnknownRevisionError: as ``revision_named``.
        UnknownPrintingError: that act issued no blanks.
        NoRightError, AuditorChangesNothingError: as ``check_right``.
    """
    found = revision_named(snapshot, spelling, revision, Setting(snapshot, now).today)
    printing = next((each for each in found.printings if each.act_number == act), None)
    check_right(snapshot, actor, COMMAND, now, printing.unit if printing else ROOT_UNIT)
    if printing is None:
        raise UnknownPrintingError(found.name, act, listing(str(each.act_number) for each in found.printings))
    return found, printing


def rendered(snapshot: Snapshot, now: datetime, revision: Revision, printing: Printing) -> dict[str, bytes]:
    """The Word file of each blank by its number in clear; equal acts, names and template give equal bytes.

    Raises:
        AlteredTemplateError: the stored template is not the one approved.
    """
    setting = Setting(snapshot, now)
    template, around = template_of(snapshot, revision), setting.surroundings
    unit = "" if printing.unit == ROOT_UNIT else setting.name_of(printing.unit)
    return {
        number: template.render(blank_context(revision.form, around, number, unit, printing.print_code(blank)))
        for blank in printing.blanks
        for number in [revision.blank_number(blank)]
    }


def pack(documents: Mapping[str, bytes]) -> bytes:
    """All blanks as one PDF, each with a bookmark and its pages counted by themselves.

    Raises:
        LibreOfficeMissingError: there is no LibreOffice.
        PdfFailedError: it failed.
    """
    return pdf_pack(print_pdfs({number: Printout(docx) for number, docx in documents.items()}))


def file_stem(revision: Revision, numbers: str) -> str:
    """``QR-017-02_A-0_0001-0012``: how a file of blanks is called."""
    return f"{revision.code}_{revision.revision.replace('/', '-')}_{numbers}"
