"""A transfer of records: packed, received by the other side, handed over; each an act on the list that names them.

The list's first act and its signatures are those of every list. Before anything leaves, the receiver confirms the
digest of the package that they hold, and signs; how the company goes on, without a copy or with marked ones, is said
once. Nothing here removes anything.

Source: M-3; MoReq2010, 9; P00-R7
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from recordkeeper.errors import InvalidInputError, RefusalError, RetentionError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.disposition import Disposition, NotReadyError, Part
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import NotYoursError, head_of
from recordkeeper.model.record_state import Moment, State
from recordkeeper.model.standing import Standing

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Keeping(StrEnum):
    """What stays here of records that were handed over."""

    NOTHING = "nothing"
    COPIES = "copies"


class WrongPackageError(RetentionError, RefusalError):
    """A receipt names another package than the one that was made for the list."""

    def __init__(self, number: str, expected: str, found: str) -> None:
        super().__init__(
            _("{number}: the receipt is for another package: expected {expected}, found {found}").format(
                number=number, expected=expected, found=found
            ),
            subject=number,
            expected=expected,
            found=found,
        )


class ReceiptDateError(RetentionError, InvalidInputError):
    """A receipt is of a day before there was anything to receive, or of one to come."""

    def __init__(self, number: str, expected: str, found: str) -> None:
        super().__init__(
            _("{number}: --on: expected {expected}, found {found}").format(
                number=number, expected=expected, found=found
            ),
            subject=number,
            expected=expected,
            found=found,
        )


class NoDigestError(RetentionError, InvalidInputError):
    """What is given as a digest is none."""

    def __init__(self, number: str, found: str) -> None:
        expected = _("a SHA-256 digest of 64 hexadecimal digits")
        super().__init__(
            _("{number}: expected {expected}, found {found}").format(number=number, expected=expected, found=found),
            subject=number,
            expected=expected,
            found=found,
        )


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was made for a list.

    Args:
        digest: SHA-256 of the file, hexadecimal.
        bag: digest of its tag manifest, which binds all that is in it, hexadecimal.
        size: of the file, in bytes.
        objects: how many objects of the archive are in it.
        on: the local date.
        by: who made it; empty where that is just being bound.
    """

    digest: str
    bag: str
    size: int
    objects: int
    on: str
    by: str = ""


def package_of(record: Record) -> Package | None:
    """The package that was made last for a list; None while there is none."""
    for act in reversed(record.history.acts):
        if act.kind == "pack":
            held = act.content
            size, objects = cast("int", held["size"]), cast("int", held["objects"])
            by = str(held["by"])
            return Package(str(held["package"]), str(held["bag"]), size, objects, str(held["on"]), by)
    return None


def handing_over_of(record: Record) -> Keeping | None:
    """What was decided to stay here; None while the handing over has not begun."""
    for act in record.history.acts:
        if act.kind == "hand-over":
            return Keeping(str(act.content["keeps"]))
    return None


def receipt_of(record: Record) -> Content | None:
    """The receipt for the package that counts; None while there is none."""
    found: Content | None = None
    for act in record.history.acts:
        if act.kind in {"pack", "receive"}:
            found = act.content if act.kind == "receive" else None
    return found


def pack(listed: Disposition, package: Package, who: Standing, moment: Moment) -> Content:
    """The act that binds the package made for a list.

    Raises:
        NotReadyError: the list is not approved, or received already.
        NotYoursError: no role of who draws up such lists.
    """
    check_packable(listed, who)
    held: dict[str, Json] = {"package": package.digest, "bag": package.bag, "size": package.size}
    return {**head_of("pack", who, moment), **held, "objects": package.objects}


def check_packable(listed: Disposition, who: Standing) -> None:
    """Refuse to pack what is not approved, or is in the receiver's hands already.

    Raises:
        NotReadyError: the list is not approved, or received already.
        NotYoursError: no role of who draws up such lists.
    """
    check_author_role(listed, who)
    if not listed.is_approved:
        raise NotReadyError(listed.number, _("an approved list"), _(str(listed.record.state)))
    if listed.of_part(Part.RECEIVER):
        raise NotReadyError(listed.number, _("a list that is not received yet"), _("received"))


def receive(listed: Disposition, digest: str, received_on: str, who: Standing, moment: Moment) -> Content:
    """The act that enters the receiver's receipt: which package they confirm, and when.

    Args:
        listed: the list.
        digest: of the package, as the receiver has computed it; empty where the list names paper alone.
        received_on: the local date.
        who: who enters it.
        moment: when.

    Raises:
        NotReadyError: no package was made.
        ReceiptDateError: the date is not between its making and today.
        NoDigestError: no digest.
        WrongPackageError: of another package.
    """
    package = package_of(listed.record)
    if package is None and any(item.subject for item in listed.items):
        raise NotReadyError(listed.number, _("a package made first"), _("none"))
    if not listed.is_approved:
        raise NotReadyError(listed.number, _("an approved list"), _(str(listed.record.state)))
    first_on = package.on if package else str(listed.approved_on)
    if not first_on <= received_on <= moment.on:
        expected = _("a date between {first} and {last}").format(first=first_on, last=moment.on)
        raise ReceiptDateError(listed.number, expected, received_on)
    content: dict[str, Json] = {**head_of("receive", who, moment), "received_on": received_on}
    if package is None:
        return content
    found = digest.strip().lower()
    if not _DIGEST.fullmatch(found):
        raise NoDigestError(listed.number, digest)
    if found != package.digest:
        raise WrongPackageError(listed.number, package.digest, found)
    return {**content, "package": package.digest}


def check_received(listed: Disposition) -> None:
    """Refuse a receiver's signature that no receipt stands before.

    Raises:
        NotReadyError: nobody has confirmed the package.
    """
    if receipt_of(listed.record) is None:
        raise NotReadyError(listed.number, _("a receipt that names the package"), _("a signature alone"))


def hand_over(listed: Disposition, keeps: Keeping, who: Standing, moment: Moment) -> Content:
    """The act with which the handing over begins, and which says what stays here.

    Raises:
        NotReadyError: not approved, not received, or begun otherwise.
        NotYoursError: no role of who draws up such lists.
        TwoPartsError: the approver or the receiver.
    """
    check_may_hand_over(listed, keeps, who)
    return {**head_of("hand-over", who, moment), "keeps": str(keeps)}


def check_may_hand_over(listed: Disposition, keeps: Keeping, who: Standing) -> None:
    """Refuse a handing over that the other side has not confirmed, or that was begun otherwise.

    Raises:
        NotReadyError: not approved, not received, done, or begun otherwise.
        NotYoursError: no role of who draws up such lists.
        TwoPartsError: the approver or the receiver.
    """
    listed.check_parts((Part.EXECUTOR, who.subject, who.name))
    check_author_role(listed, who)
    if not listed.is_approved:
        raise NotReadyError(listed.number, _("an approved list"), _(str(listed.record.state)))
    if not listed.of_part(Part.RECEIVER) or receipt_of(listed.record) is None:
        raise NotReadyError(listed.number, _("the receiver's receipt"), _("none"))
    if listed.record.state is not State.CLOSED:
        raise NotReadyError(listed.number, _("a list that everybody has signed"), _(str(listed.record.state)))
    if listed.is_executed:
        raise NotReadyError(listed.number, _("a list that is not handed over yet"), _("handed over"))
    begun = handing_over_of(listed.record)
    if begun is not None and begun is not keeps:
        raise NotReadyError(listed.number, keeping_name(begun), keeping_name(keeps))


def check_author_role(listed: Disposition, who: Standing) -> None:
    """Refuse who has no role of the section in which such lists are drawn up.

    Raises:
        NotYoursError: they have not.
    """
    section = listed.record.sections[0]
    roles = listed.record.roles_of(section)
    if not who.has_any(roles):
        raise NotYoursError(listed.number, section.id, who.named(roles), who.name, called=section.called)


def receiver_of(record: Record) -> str:
    """Whom a list hands its records over to, as it is printed on it."""
    return str(record.values.get("receiver") or "")


def keeping_name(keeping: Keeping) -> str:
    """What stays, in the language in use."""
    return {Keeping.NOTHING: _("nothing kept here"), Keeping.COPIES: _("marked copies kept here")}[keeping]
