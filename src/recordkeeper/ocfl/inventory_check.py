"""What is wrong with an inventory by itself, in the codes of the standard; no file is touched.

Stricter than the standard in one thing: version numbers are not zero-padded and ``contentDirectory`` is not
set, for the writer of these archives does neither.

Source: OCFL 1.1, 3.5 and Appendix (validation codes).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from recordkeeper.language import translate as _
from recordkeeper.ocfl.inventory import (
    CONTENT_FOLDER,
    DIGEST_ALGORITHM,
    INVENTORY_TYPE,
    has_bad_part,
    parent_paths,
    version_number,
)

Fault = tuple[str, str]

_DIGEST = re.compile(r"[0-9a-f]{128}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def inventory_faults(value: object) -> list[Fault]:
    """Code and message of everything wrong with a parsed inventory; nothing for a sound one.

    Args:
        value: what the JSON text holds.

    Source: OCFL 1.1, 3.5.1.
    """
    if not isinstance(value, dict):
        return [("E033", _("expected a JSON object"))]
    faults = list(_head_faults(value))
    manifest, versions = value.get("manifest"), value.get("versions")
    if isinstance(manifest, dict):
        faults += _manifest_faults(manifest)
    else:
        faults.append(("E041", _("expected a manifest that is a JSON object")))
        manifest = {}
    if not isinstance(versions, dict):
        return [*faults, ("E044", _("expected versions that are a JSON object"))]
    faults += _version_numbering_faults(value.get("head"), versions)
    used: set[str] = set()
    for name, version in versions.items():
        faults += _version_faults(name, version, manifest)
        if isinstance(version, dict) and isinstance(version.get("state"), dict):
            used.update(version["state"])
    faults += [
        ("E107", _("no version uses digest {digest}").format(digest=digest)) for digest in manifest.keys() - used
    ]
    return faults


def _head_faults(value: Mapping[str, Any]) -> Iterator[Fault]:
    expected = {"type": ("E038", INVENTORY_TYPE), "digestAlgorithm": ("E025", DIGEST_ALGORITHM)}
    for key, (code, wanted) in expected.items():
        if value.get(key) != wanted:
            yield (
                code,
                _("{key}: expected {expected}, found {found!r}").format(key=key, expected=wanted, found=value.get(key)),
            )
    if not isinstance(value.get("id"), str) or not value["id"]:
        yield "E037a", _("expected an identifier, found {found!r}").format(found=value.get("id"))
    if not isinstance(value.get("head"), str):
        yield "E040", _("expected a head, found {found!r}").format(found=value.get("head"))
    if "contentDirectory" in value:
        yield "E019", _("contentDirectory is set")


def _version_numbering_faults(head: object, versions: Mapping[str, Any]) -> Iterator[Fault]:
    numbers = [version_number(name) for name in versions]
    if not numbers:
        yield "E008", _("there is no version")
    elif None in numbers or set(numbers) != set(range(1, len(numbers) + 1)):
        yield "E010", _("versions are not v1 to v{count}").format(count=len(numbers))
    elif head != f"v{len(numbers)}":
        yield "E040", _("head: expected v{count}, found {found!r}").format(count=len(numbers), found=head)


def _manifest_faults(manifest: Mapping[str, Any]) -> Iterator[Fault]:
    seen: set[str] = set()
    for digest, paths in manifest.items():
        if not _DIGEST.fullmatch(digest):
            yield "E025b", _("{found!r} is no digest").format(found=digest)
        if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
            yield "E092", _("digest {digest}: expected content paths").format(digest=digest)
            continue
        for path in paths:
            if path in seen:
                yield "E101", _("content path {path!r} stands twice").format(path=path)
            seen.add(path)
            parts = path.split("/")
            if has_bad_part(path):
                yield "E099", _("content path {path!r} has an empty, . or .. part").format(path=path)
            elif len(parts) < len(("v1", CONTENT_FOLDER, "name")) or version_number(parts[0]) is None:
                yield "E042", _("content path {path!r} is in no version").format(path=path)
            elif parts[1] != CONTENT_FOLDER:
                yield (
                    "E042",
                    _("content path {path!r} is not in {folder}").format(path=path, folder=CONTENT_FOLDER),
                )
    yield from (("E101b", text) for text in _file_and_folder(seen))


def _version_faults(name: str, version: object, manifest: Mapping[str, Any]) -> Iterator[Fault]:
    if not isinstance(version, dict):
        yield "E047", _("{version}: expected a JSON object").format(version=name)
        return
    created = version.get("created")
    if not isinstance(created, str) or not _is_moment(created):
        yield (
            "E049",
            _("{version}: created {found!r} is no moment with zone").format(version=name, found=created),
        )
    if not isinstance(version.get("message", ""), str):
        yield "E094", _("{version}: the message is no text").format(version=name)
    user = version.get("user", {"name": ""})
    if not isinstance(user, dict) or not isinstance(user.get("name"), str):
        yield "E054", _("{version}: the user has no name").format(version=name)
    elif not isinstance(user.get("address", ""), str):
        yield "E054", _("{version}: the user's address is no text").format(version=name)
    state = version.get("state")
    if isinstance(state, dict):
        yield from _state_faults(name, state, manifest)
    else:
        yield "E050", _("{version}: expected a state that is a JSON object").format(version=name)


def _state_faults(name: str, state: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[Fault]:
    seen: set[str] = set()
    for digest, paths in state.items():
        if digest not in manifest:
            yield (
                "E050",
                _("{version}: digest {digest} is not in the manifest").format(version=name, digest=digest),
            )
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            yield (
                "E051",
                _("{version}: digest {digest}: expected logical paths").format(version=name, digest=digest),
            )
            continue
        for path in paths:
            if has_bad_part(path):
                yield (
                    "E052",
                    _("{version}: {path!r} has an empty, . or .. part").format(version=name, path=path),
                )
            if path in seen:
                yield "E095", _("{version}: {path!r} stands twice").format(version=name, path=path)
            seen.add(path)
    yield from (("E095b", f"{name}: {text}") for text in _file_and_folder(seen))


def _file_and_folder(paths: set[str]) -> Iterator[str]:
    for path in sorted(paths):
        if any(parent in paths for parent in parent_paths(path)):
            yield _("{path!r} lies in what is a file").format(path=path)


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
