"""What lies in a folder: files, folders and what should not be there; links are never followed."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from recordkeeper.errors import system_reason

DEPTH_LIMIT = 100


@dataclass(slots=True)
class Folder:
    """The names of the files and folders directly in a folder; nothing else is named."""

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    is_empty: bool = True


@dataclass(slots=True)
class Tree:
    """Everything below a folder, by path relative to it with ``/`` between parts.

    Args:
        files: regular files.
        folders: every folder by its path, the top one with the empty one.
        links: symbolic links.
        special_files: pipes, sockets, devices.
        unreadable: path to why it could not be looked at.
    """

    files: set[str] = field(default_factory=set)
    folders: dict[str, Folder] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    special_files: set[str] = field(default_factory=set)
    unreadable: dict[str, str] = field(default_factory=dict)

    def entries_of(self, folder: str) -> Folder:
        """What lies directly in ``folder`` (empty for the top); nothing where there is no such folder."""
        return self.folders.get(folder) or Folder()

    def below(self, folder: str) -> set[str]:
        """Paths of all files below ``folder``."""
        found: set[str] = set()
        waiting = [folder]
        while waiting:
            place = waiting.pop()
            entries = self.entries_of(place)
            found.update(f"{place}/{name}" for name in entries.files)
            waiting += [f"{place}/{name}" for name in entries.folders]
        return found

    @property
    def empty_folders(self) -> list[str]:
        """The paths of the folders below the top in which nothing lies, in their order."""
        return sorted(path for path, folder in self.folders.items() if folder.is_empty and path)


def walk(top: Path | str) -> Tree:
    """Everything below ``top``, at most 100 folders deep."""
    tree = Tree()
    waiting = [""]
    base = str(top)
    while waiting:
        place = waiting.pop()
        if place.count("/") >= DEPTH_LIMIT:
            tree.unreadable[place] = f"> {DEPTH_LIMIT}"
            continue
        try:
            with os.scandir(f"{base}/{place}") as scanned:
                entries = list(scanned)
        except OSError as error:
            tree.unreadable[place] = system_reason(error)
            continue
        folder = tree.folders[place] = Folder(is_empty=not entries)
        prefix = f"{place}/" if place else ""
        waiting += [prefix + entry.name for entry in entries if _sort_in(tree, folder, prefix + entry.name, entry)]
    return tree


def _sort_in(tree: Tree, folder: Folder, path: str, entry: os.DirEntry[str]) -> bool:
    """Note an entry; whether it is a folder to look into."""
    try:
        if entry.is_dir(follow_symlinks=False):
            folder.folders.add(entry.name)
            return True
        if entry.is_file(follow_symlinks=False):
            tree.files.add(path)
            folder.files.add(entry.name)
        elif entry.is_symlink():
            tree.links.add(path)
        else:
            tree.special_files.add(path)
    except OSError as error:
        tree.unreadable[path] = system_reason(error)
    return False


def printable(path: str) -> str:
    """A file's name as it can be written anywhere: bytes that are no UTF-8 become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
