"""Looking at the archive: its objects, and whether they are what the register archived."""

from dataclasses import dataclass

from recordkeeper.findings import Finding
from recordkeeper.ocfl.inventory import parse_inventory
from recordkeeper.ocfl.storage_root import StorageRoot
from recordkeeper.register.inspection import open_for_verification
from recordkeeper.services.archive_check import check_archive
from recordkeeper.services.evidence import read_evidence


@dataclass(frozen=True, slots=True)
class ArchivedObject:
    """One object of the archive.

    Args:
        subject: its identifier.
        versions: how many it has.
        files: logical paths of the newest version.
        path: its folder below ``objects``.
    """

    subject: str
    versions: int
    files: tuple[str, ...]
    path: str


def list_objects(root: StorageRoot) -> list[ArchivedObject]:
    """Every object that can be read, in the order of identifiers.

    Raises:
        ArchiveError: the storage root cannot be read.
    """
    objects: list[ArchivedObject] = []
    for subject in sorted(root.object_ids()):
        inventory = parse_inventory(root.read_inventory(subject) or b"", subject)
        files = sorted(path for paths in inventory.states[inventory.head].values() for path in paths)
        place = root.object_path(subject).relative_to(root.path).as_posix()
        objects.append(ArchivedObject(subject, inventory.head, tuple(files), place))
    return objects


def check(url: str, root: StorageRoot) -> list[Finding]:
    """Everything wrong with the archive by itself and against the register.

    Raises:
        RegisterError: there is no database to look at.
    """
    with open_for_verification(url) as inspection:
        return check_archive(root, inspection, read_evidence(inspection))
