"""What a publisher left to do, and what it archived without a PDF, as every command says it."""

from typing import TYPE_CHECKING

from recordkeeper.cli.output import print_text
from recordkeeper.language import ngettext

if TYPE_CHECKING:
    from recordkeeper.services.publication import Pending


def print_pending(left: "Pending") -> None:
    """Say what waits for the archive and the log; nothing where nothing does."""
    if left.is_nothing:
        return
    print_text(
        ngettext(
            "still pending: {unarchived} to archive, {unstored} to store, {unpublished} event to publish",
            "still pending: {unarchived} to archive, {unstored} to store, {unpublished} events to publish",
            left.unpublished,
        ).format(unarchived=len(left.unarchived), unstored=len(left.unstored), unpublished=left.unpublished)
    )


def print_without_pdf(count: int) -> None:
    """Say how many documents have no PDF; nothing where all have."""
    if count:
        print_text(
            ngettext(
                "{count} document without PDF: LibreOffice is not there",
                "{count} documents without PDF: LibreOffice is not there",
                count,
            ).format(count=count)
        )
