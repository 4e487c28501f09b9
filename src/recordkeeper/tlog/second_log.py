"""A second copy of a published log kept in step with the first: it only grows, and only by what the first holds.

Where the second has seen another log, or more of it, the first was rewritten or put back: the second is left as it is,
for it is then the better witness.

Source: C2SP tlog-tiles; RFC 9162, 2.1.4
"""

from itertools import islice
from pathlib import Path

from recordkeeper.durable import make_folder, read_plain_file, replace_file
from recordkeeper.errors import LogError, RefusalError
from recordkeeper.language import ngettext
from recordkeeper.language import translate as _
from recordkeeper.tlog.checkpoint import unverified_checkpoint
from recordkeeper.tlog.cosigned import read_cosigned
from recordkeeper.tlog.log import read_checkpoint, write_checkpoint
from recordkeeper.tlog.tiles import TEMPORARY_NAME, TileLog, UnreachableLogError

_ENTRIES_AT_ONCE = 20_000
_NOTE_BYTES_LIMIT = 1024 * 1024


class OtherLogError(LogError, RefusalError):
    """The second copy of the log is not the beginning of the first."""

    def __init__(self, size: int, found: str) -> None:
        message = ngettext(
            "log: the copy of {size} entry is not the beginning of the log: {found}",
            "log: the copy of {size} entries is not the beginning of the log: {found}",
            size,
        ).format(size=size, found=found)
        super().__init__(message, subject="log", expected=str(size), found=found)


def bring_log_in_step(first: Path, second: Path) -> int:
    """Append to a second log what the first has more of, up to its published checkpoint; how many entries they were.

    All hashes of the second are worked out from the entries, and its checkpoint comes last.

    Args:
        first: the folder of the published log.
        second: the folder of its copy; made when it is not there.

    Raises:
        OtherLogError: the second has entries that the first has not, or others.
        PublishedOtherwiseError: the second holds other entries after its checkpoint.
        MissingTileError, DamagedTileError, MalformedNoteError: one of the two cannot be read.
        UnreachableLogError: a disk refuses.
    """
    note, known = read_checkpoint(first), read_checkpoint(second)
    seen = unverified_checkpoint(known) if known is not None else None
    if note is None:
        if seen is not None:
            raise OtherLogError(seen.size, _("the log has no checkpoint"))
        return 0
    published = unverified_checkpoint(note)
    source, target = TileLog(first), TileLog(second)
    start = seen.size if seen else 0
    if start > published.size:
        raise OtherLogError(
            start,
            ngettext("the log has {size} entry", "the log has {size} entries", published.size).format(
                size=published.size
            ),
        )
    if seen is not None and source.root(start) != seen.root:
        raise OtherLogError(start, _("its root is another"))
    entries, place = source.entries(start, published.size), start
    while leaves := list(islice(entries, _ENTRIES_AT_ONCE)):
        target.append(place, leaves)
        place += len(leaves)
    if target.root(published.size) != published.root:
        raise OtherLogError(published.size, _("its root is another"))
    write_checkpoint(second, note)
    _copy_cosigned(first, second)
    return published.size - start


def _copy_cosigned(first: Path, second: Path) -> None:
    kept = dict(read_cosigned(second))
    for name, note in read_cosigned(first):
        place = second / name
        if kept.get(name) == note:
            continue
        try:
            make_folder(place.parent)
            replace_file(place, read_plain_file(first / name, _NOTE_BYTES_LIMIT), second / TEMPORARY_NAME)
        except OSError as error:
            raise UnreachableLogError(name, error) from error
