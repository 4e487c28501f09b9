"""What is wrong with an inventory by itself, in the codes of the standard; no file is touched.

A letter behind a code tells several faults of one code apart. What the standard allows and the writer of these
archives never does has a code of ours: an upper-case digest (``digest-case``). Zero-padded version numbers and SHA-256
have their warnings, which count like errors here.

Source: OCFL 1.1, 3.5 and Appendix (validation codes).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.ocfl.inventory import (
    CONTENT_FOLDER,
    DIGEST_ALGORITHM,
    INVENTORY_TYPE,
    has_bad_part,
    parent_paths,
)

Fault = tuple[str, str]

FIXITY_DIGEST_CHARACTERS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128, "blake2b-512": 128}
"""The fixity algorithms that every client must know, with the length of their digests. Source: OCFL 1.1, 3.4."""

_NEEDED = {"id": "E036a", "type": "E036b", "digestAlgorithm": "E036c", "head": "E036d"}
_KNOWN = {*_NEEDED, "manifest", "versions", "contentDirectory", "fixity"}
_KNOWN_OF_VERSION = {"created", "state", "message", "user"}
_KNOWN_OF_USER = {"name", "address"}
_CODE_OF_FIXITY = {"sha1": "E029", "sha256": "E030", "sha512": "E031", "blake2b-512": "E032"}
_SHA512, _SHA256 = re.compile(r"[0-9a-fA-F]{128}"), re.compile(r"[0-9a-fA-F]{64}")
_CONTENT_PATH = re.compile(rf"(v[1-9][0-9]*)/{CONTENT_FOLDER}/[^/]+(?:/[^/]+)*")
_HEX = re.compile(r"[0-9a-fA-F]+")
_DIGITS = re.compile(r"v[0-9]+")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def inventory_faults(value: object) -> list[Fault]:
    """Code and message of everything wrong with a parsed inventory; nothing for a sound one.

    Args:
        value: what the JSON text holds.

    Source: OCFL 1.1, 3.5.1.
    """
    if not isinstance(value, dict):
        return [("E033", _("expected a JSON object"))]
    faults = [*_unknown_keys(value, _KNOWN, ""), *_head_faults(value)]
    versions = value.get("versions")
    if "versions" not in value:
        return [*faults, ("E043", _("there is no block of versions"))]
    if not isinstance(versions, dict):
        return [*faults, ("E044", _("expected versions that are a JSON object"))]
    faults += _version_numbering_faults(value.get("head"), versions)
    manifest = value.get("manifest")
    if isinstance(manifest, dict):
        faults += _manifest_faults(manifest, versions)
    else:
        code = "E106" if "manifest" in value else "E041"
        faults.append((code, _("expected a manifest that is a JSON object")))
        manifest = {}
    used: set[str] = set()
    for name, version in versions.items():
        faults += _version_faults(name, version, manifest)
        if isinstance(version, dict) and isinstance(version.get("state"), dict):
            used.update(version["state"])
    faults += [
        ("E107", _("no version uses digest {digest}").format(digest=digest)) for digest in manifest.keys() - used
    ]
    return [*faults, *_fixity_faults(value, manifest)]


def _unknown_keys(value: Mapping[str, Any], known: set[str], where: str) -> Iterator[Fault]:
    if not value.keys() <= known:
        found = listing(sorted(value.keys() - known))
        yield "E102", _("{where}unknown keys: {found}").format(where=where, found=found)


def _head_faults(value: Mapping[str, Any]) -> Iterator[Fault]:
    for key, code in _NEEDED.items():
        if key not in value:
            yield code, _("{key} is missing").format(key=key)
    if value.get("type", INVENTORY_TYPE) != INVENTORY_TYPE:
        yield "E038", _expected("type", INVENTORY_TYPE, value["type"])
    if value.get("digestAlgorithm", DIGEST_ALGORITHM) != DIGEST_ALGORITHM:
        code = "W004" if value["digestAlgorithm"] == "sha256" else "E025"
        yield code, _expected("digestAlgorithm", DIGEST_ALGORITHM, value["digestAlgorithm"])
    identifier = value.get("id", "-")
    if not isinstance(identifier, str) or not identifier:
        yield "E037", _("expected an identifier, found {found!r}").format(found=identifier)
    content_folder = value.get("contentDirectory", CONTENT_FOLDER)
    if not isinstance(content_folder, str) or "/" in content_folder:
        yield "E017", _expected("contentDirectory", CONTENT_FOLDER, content_folder)
    elif content_folder in {".", ".."}:
        yield "E018", _expected("contentDirectory", CONTENT_FOLDER, content_folder)


def _expected(key: str, expected: str, found: object) -> str:
    return _("{key}: expected {expected}, found {found!r}").format(key=key, expected=expected, found=found)


def _version_numbering_faults(head: object, versions: Mapping[str, Any]) -> Iterator[Fault]:
    if not versions:
        yield "E008", _("there is no version")
        return
    if misnamed := sorted(name for name in versions if not name.startswith("v")):
        yield "E104", _("{found}: expected v and a number").format(found=listing(misnamed))
        return
    if misnamed := sorted(name for name in versions if not _DIGITS.fullmatch(name) or int(name[1:]) == 0):
        yield "E105", _("{found}: expected v and a number from 1 on").format(found=listing(misnamed))
        return
    yield from _padding_faults(versions)
    numbers = sorted(int(name[1:]) for name in versions)
    if numbers[0] != 1:
        yield "E009", _("versions do not begin with v1")
    elif numbers != list(range(1, len(numbers) + 1)):
        yield "E010", _("versions are not v1 to v{count}").format(count=len(numbers))
    if not isinstance(head, str) or head not in versions or int(head[1:]) != numbers[-1]:
        yield "E040", _expected("head", f"v{numbers[-1]}", head)


def _padding_faults(names: Mapping[str, Any]) -> Iterator[Fault]:
    padded = [name for name in names if name[1] == "0"]
    if not padded:
        return
    if len({len(name) for name in names}) > 1:
        yield "E012", _("versions are numbered in several ways")
    elif len(padded) < len(names):
        yield "E011", _("zero-padded versions do not all begin with v0")
    else:
        yield "W001", _("version numbers are padded with zeros")


def _manifest_faults(manifest: Mapping[str, Any], versions: Mapping[str, Any]) -> Iterator[Fault]:
    seen: set[str] = set()
    if len({digest.lower() for digest in manifest}) < len(manifest):
        yield "E096", _("a digest stands twice, in upper and lower case")
    for digest, paths in manifest.items():
        yield from _digest_faults(digest)
        if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
            yield "E092", _("digest {digest}: expected content paths").format(digest=digest)
            continue
        for path in paths:
            if path in seen:
                yield "E101a", _("content path {path!r} stands twice").format(path=path)
            seen.add(path)
            if not (match := _CONTENT_PATH.fullmatch(path)) or match[1] not in versions or has_bad_part(path):
                yield _content_path_fault(path, versions)
    yield from (("E101b", text) for text in _file_and_folder(seen))


def _digest_faults(digest: str) -> Iterator[Fault]:
    if not _SHA512.fullmatch(digest):
        code = "E039" if _SHA256.fullmatch(digest) else "E031"
        yield code, _("{found!r} is no digest").format(found=digest)
    elif digest != digest.lower():
        yield "digest-case", _("digest {found} is not in lower case").format(found=digest)


def _content_path_fault(path: str, versions: Mapping[str, Any]) -> Fault:
    """What is wrong with a content path that is none. Source: OCFL 1.1, 3.5.2."""
    version, *others = path.split("/")
    if "/" not in path and "\\" in path:
        return "E035", _("content path {path!r}: expected forward slashes").format(path=path)
    if path.startswith("/") or path.endswith("/"):
        return "E100", _("content path {path!r} begins or ends with a slash").format(path=path)
    if has_bad_part(path):
        return "E099", _("content path {path!r} has an empty, . or .. part").format(path=path)
    if len(others) < len((CONTENT_FOLDER, "name")) or not _DIGITS.fullmatch(version):
        return "E042", _("content path {path!r} is in no version").format(path=path)
    if version not in versions:
        return "E014", _("content path {path!r} is in none of the versions").format(path=path)
    return "E021", _("content path {path!r} is not in {folder}").format(path=path, folder=CONTENT_FOLDER)


def _version_faults(name: str, version: object, manifest: Mapping[str, Any]) -> Iterator[Fault]:
    if not isinstance(version, dict):
        yield "E047", _("{version}: expected a JSON object").format(version=name)
        return
    yield from _unknown_keys(version, _KNOWN_OF_VERSION, f"{name}: ")
    for key in ("created", "state"):
        if key not in version:
            yield "E048", _("{version}: {key} is missing").format(version=name, key=key)
    created = version.get("created", "1970-01-01T00:00:00Z")
    if not isinstance(created, str) or not _is_moment(created):
        yield (
            "E049",
            _("{version}: created {found!r} is no moment with zone").format(version=name, found=created),
        )
    if "message" not in version:
        yield "W007", _("{version}: {key} is missing").format(version=name, key="message")
    elif not isinstance(version["message"], str):
        yield "E094", _("{version}: the message is no text").format(version=name)
    if "user" not in version:
        yield "W007", _("{version}: {key} is missing").format(version=name, key="user")
    else:
        yield from _user_faults(name, version["user"])
    state = version.get("state", {})
    if isinstance(state, dict):
        yield from _state_faults(name, state, manifest)
    else:
        yield "E050", _("{version}: expected a state that is a JSON object").format(version=name)


def _user_faults(name: str, user: object) -> Iterator[Fault]:
    if not isinstance(user, dict) or not isinstance(user.get("name"), str):
        yield "E054", _("{version}: the user has no name").format(version=name)
        return
    yield from _unknown_keys(user, _KNOWN_OF_USER, f"{name}: ")
    address = user.get("address")
    if "address" not in user:
        yield "W008", _("{version}: the user has no address").format(version=name)
    elif not isinstance(address, str):
        yield "E054", _("{version}: the user's address is no text").format(version=name)
    elif not _URI.fullmatch(address):
        yield "W009", _("{version}: the user's address {found!r} is no URI").format(version=name, found=address)


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
            if path.startswith("/") or path.endswith("/"):
                yield "E053", _("{version}: {path!r} begins or ends with a slash").format(version=name, path=path)
            elif has_bad_part(path):
                yield (
                    "E052",
                    _("{version}: {path!r} has an empty, . or .. part").format(version=name, path=path),
                )
            if path in seen:
                yield "E095a", _("{version}: {path!r} stands twice").format(version=name, path=path)
            seen.add(path)
    yield from (("E095b", f"{name}: {text}") for text in _file_and_folder(seen))


def _fixity_faults(value: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a block of further digests, which the writer of these archives never makes.

    Source: OCFL 1.1, 3.5.4
    """
    if "fixity" not in value:
        return
    fixity = value["fixity"]
    if not isinstance(fixity, dict):
        yield "E111", _("expected fixity that is a JSON object")
        return
    known = {path for paths in manifest.values() if isinstance(paths, list) for path in map(str, paths)}
    for algorithm, block in fixity.items():
        if algorithm not in FIXITY_DIGEST_CHARACTERS:
            yield "E056", _("fixity {algorithm}: no such algorithm").format(algorithm=algorithm)
        elif not isinstance(block, dict):
            yield "E057", _("fixity {algorithm}: expected a JSON object").format(algorithm=algorithm)
        else:
            yield from _fixity_block_faults(algorithm, block, known)


def _fixity_block_faults(algorithm: str, block: Mapping[str, Any], known: set[str]) -> Iterator[Fault]:
    if len({digest.lower() for digest in block}) < len(block):
        yield (
            "E097",
            _("fixity {algorithm}: a digest stands twice, in upper and lower case").format(algorithm=algorithm),
        )
    for digest, paths in block.items():
        if len(digest) != FIXITY_DIGEST_CHARACTERS[algorithm] or not _HEX.fullmatch(digest):
            code = _CODE_OF_FIXITY.get(algorithm, "E057")
            yield code, _("fixity {algorithm}: {found!r} is no digest").format(algorithm=algorithm, found=digest)
        if not isinstance(paths, list) or not all(isinstance(path, str) and path in known for path in paths):
            yield "E057", _("fixity {algorithm}: expected content paths of the manifest").format(algorithm=algorithm)


def _file_and_folder(paths: set[str]) -> Iterator[str]:
    above = {path.rpartition("/")[0] for path in paths}
    parents = {parent for folder in above for parent in (folder, *parent_paths(folder))}
    if parents.isdisjoint(paths):
        return
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
