"""Why a controlled document is revised: what it follows, the reason, the impact, whom else it touches, who asked.

It stands in the first act of the later revision, so that the approver signs it with the text.

Source: ISO 9001, 7.5.3.2 (control of changes); I-8
"""

from dataclasses import dataclass, replace
from typing import cast

from recordkeeper.errors import FormError, InvalidInputError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.particulars import LONGEST_REASON, check_line

_LAST_NUMBER, _LAST_LETTER = 99, "Z"


class NotLaterError(FormError, InvalidInputError):
    """A revision bears a number that is not later than every one that its document has had."""

    def __init__(self, code: str, revision: str, last: str) -> None:
        expected = _("a later revision than {last}, such as {next}").format(last=last, next=next_revision(last))
        message = _("{code}: expected {expected}, found {found}")
        super().__init__(
            message.format(code=code, expected=expected, found=revision),
            subject=code,
            expected=expected,
            found=revision,
        )


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """Why a revision is made.

    Args:
        reason: why.
        impact: what it means for other documents, for posts, training and the records in use.
        request: the number of the change request that was agreed to; empty where the company has none.
        impacted: the codes of forms of any procedure that lead to the document, need it or are computed from it.
        follows: the revision that it is made from; empty for a document that is new.
    """

    reason: str
    impact: str
    request: str = ""
    impacted: tuple[str, ...] = ()
    follows: str = ""

    @classmethod
    def checked(cls, reason: str, impact: str, request: str = "") -> "DocumentChange":
        """A change with a reason and an impact that can be kept.

        Raises:
            TextRefusedError: nothing, several lines, or too long.
        """
        return cls(
            check_line(reason, _("reason"), LONGEST_REASON), check_line(impact, _("impact"), LONGEST_REASON), request
        )

    @classmethod
    def of(cls, content: Content) -> "DocumentChange | None":
        """The change that the first act of a revision holds; None where it is the first of its document."""
        if "reason" not in content:
            return None
        return cls(
            str(content["reason"]),
            str(content["impact"]),
            str(content.get("request") or ""),
            tuple(map(str, cast("list[Json]", content.get("impacted") or []))),
            str(content.get("follows") or ""),
        )

    @property
    def content(self) -> dict[str, Json]:
        """As acts hold it."""
        return {
            "follows": self.follows,
            "reason": self.reason,
            "impact": self.impact,
            "impacted": list(self.impacted),
            "request": self.request,
        }

    def made_from(self, follows: str) -> "DocumentChange":
        """The same change of a document that stands at that revision."""
        return replace(self, follows=follows)


def revision_place(revision: str) -> tuple[str, int]:
    """Where a revision stands among those of its document: A/2 before A/10 before B/0."""
    letter, _slash, number = revision.partition("/")
    return letter, int(number)


def next_revision(revision: str) -> str:
    """``A/1`` after ``A/0``, ``B/0`` after ``A/99``; numbers end with ``Z/99``."""
    letter, number = revision_place(revision)
    if number < _LAST_NUMBER or letter == _LAST_LETTER:
        return f"{letter}/{min(number + 1, _LAST_NUMBER)}"
    return f"{chr(ord(letter) + 1)}/0"
