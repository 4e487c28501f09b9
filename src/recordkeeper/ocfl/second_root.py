"""A second storage root kept in step with a first: objects copied version by version, nothing overwritten.

Of each object the second holds the first versions of the first's, or all of them. Where it holds another, that is said
and both are left as they are: which of them is right, the digests in the trail tell.
"""

from recordkeeper.errors import ArchiveError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.ocfl.inventory import parse_inventory
from recordkeeper.ocfl.storage_root import StorageRoot


class DivergedError(ArchiveError, RefusalError):
    """The second root holds an object with other versions than the first."""

    def __init__(self, object_id: str, found: str) -> None:
        message = _("{subject}: the second copy is another one: {found}").format(subject=object_id, found=found)
        super().__init__(message, subject=object_id, found=found)


def bring_in_step(first: StorageRoot, second: StorageRoot, object_id: str) -> int:
    """Copy the versions of an object that the second root lacks; how many they were.

    Args:
        first: where they are read, each file held against its inventory.
        second: where they are stored as if they had just been made; half a version is finished.
        object_id: the object.

    Raises:
        DivergedError: the second holds more versions, or others.
        ArchiveError: one of the ways in which a version cannot be read or stored.
    """
    newest = first.read_inventory(object_id)
    if newest is None:
        raise DivergedError(object_id, _("the first has no such object"))
    head = parse_inventory(newest, object_id).head
    present = second.read_inventory(object_id)
    stored = parse_inventory(present, object_id).head if present is not None else 0
    if stored > head:
        raise DivergedError(object_id, f"v{stored}")
    if stored and present != first.read_inventory(object_id, stored):
        raise DivergedError(object_id, _("the inventory of version {version} differs").format(version=stored))
    for number in range(max(stored, 1), head + 1):
        second.add_version(first.read_version(object_id, number))
    return head - stored
