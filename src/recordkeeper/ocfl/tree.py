"""What lies in a folder: files, folders and what should not be there; links are never followed."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from recordkeeper.errors import system_reason

DEPTH_LIMIT = 100


@dataclass(slots=True)
class Tree:
    """Everything below a folder, by path relative to it with ``/`` between parts.

    Args:
        files: regular files.
        folders: folders to the number of their entries.
        links: symbolic links.
        special_files: pipes, sockets, devices.
        hard_links: regular files that have another name somewhere.
        unreadable: path to why it could not be looked at.
    """

    files: set[str] = field(default_factory=set)
    folders: dict[str, int] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    special_files: set[str] = field(default_factory=set)
    hard_links: set[str] = field(default_factory=set)
    unreadable: dict[str, str] = field(default_factory=dict)

    def entries_of(self, folder: str) -> tuple[set[str], set[str]]:
        """Names of the files and of the folders directly in ``folder`` (empty for the top)."""
        prefix = f"{folder}/" if folder else ""
        files = {path[len(prefix) :] for path in self.files if path.startswith(prefix)}
        folders = {path[len(prefix) :] for path in self.folders if path.startswith(prefix)}
        return {name for name in files if "/" not in name}, {name for name in folders if "/" not in name}

    def below(self, folder: str) -> set[str]:
        """Paths of all files below ``folder``."""
        return {path for path in self.files if path.startswith(f"{folder}/")}


def walk(top: Path) -> Tree:
    """Everything below ``top``, at most 100 folders deep."""
    tree = Tree()
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        if folder.count("/") >= DEPTH_LIMIT:
            tree.unreadable[folder] = f"> {DEPTH_LIMIT}"
            continue
        try:
            entries = list(os.scandir(top / folder))
        except OSError as error:
            tree.unreadable[folder] = system_reason(error)
            continue
        if folder:
            tree.folders[folder] = len(entries)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if _sort_in(tree, path, entry):
                waiting.append(path)
    return tree


def _sort_in(tree: Tree, path: str, entry: os.DirEntry[str]) -> bool:
    """Note an entry; whether it is a folder to look into."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        tree.unreadable[path] = system_reason(error)
        return False
    if stat.S_ISDIR(status.st_mode):
        return True
    if stat.S_ISLNK(status.st_mode):
        tree.links.add(path)
    elif stat.S_ISREG(status.st_mode):
        tree.files.add(path)
        if status.st_nlink > 1:
            tree.hard_links.add(path)
    else:
        tree.special_files.add(path)
    return False


def printable(path: str) -> str:
    """A file's name as it can be written anywhere: bytes that are no UTF-8 become escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
