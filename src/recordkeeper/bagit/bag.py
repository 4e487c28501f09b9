"""What writer and reader of bags share: the names of a bag's own files, and how its lines are written.

Source: RFC 8493, 2
"""

import hashlib
import re
from collections.abc import Iterable, Mapping

ALGORITHM = "sha512"
DECLARATION, DECLARATION_BYTES = "bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
INFO = "bag-info.txt"
MANIFEST, TAG_MANIFEST = f"manifest-{ALGORITHM}.txt", f"tagmanifest-{ALGORITHM}.txt"
PAYLOAD = "data/"

_CODED = re.compile(r"%(0[aAdD]|25)")
_LINE = re.compile(r"([0-9a-f]{128}) [ *]?(.+)")


def format_manifest(digests: Mapping[str, str]) -> bytes:
    """The bytes of a manifest: a digest and a path each line. Source: RFC 8493, 2.1.3."""
    return "".join(f"{digest}  {_encoded(path)}\n" for path, digest in sorted(digests.items())).encode()


def parse_manifest(data: bytes) -> dict[str, str]:
    """Path to digest, as a manifest says.

    Raises:
        ValueError: not UTF-8, a line that is none, a path twice.
    """
    digests: dict[str, str] = {}
    for line in data.decode().splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(line[:80])
        path = _decoded(match[2])
        if path in digests:
            raise ValueError(path)
        digests[path] = match[1]
    return digests


def format_info(pairs: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of bag-info.txt; a line break in a value is written as a space. Source: RFC 8493, 2.2.2."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in pairs).encode()


def parse_info(data: bytes) -> dict[str, str]:
    """The labels and values of bag-info.txt; of a label that stands twice the last value.

    Raises:
        ValueError: not UTF-8.
    """
    pairs = (line.partition(":") for line in data.decode().splitlines() if ":" in line)
    return {label.strip(): value.strip() for label, _colon, value in pairs}


def digest_of(data: bytes) -> str:
    """The digest that manifests name."""
    return hashlib.new(ALGORITHM, data).hexdigest()


def _encoded(path: str) -> str:
    """A path as a manifest writes it.

    The standard asks to write every per cent sign as ``%25``; the validators in use take it so in none, and each object
    of an archive has one in its name. It is written so where it could be read otherwise, and only there.
    """
    if _CODED.search(path):
        path = path.replace("%", "%25")
    return path.replace("\r", "%0D").replace("\n", "%0A")


def _decoded(path: str) -> str:
    return _CODED.sub(lambda match: bytes.fromhex(match[1]).decode(), path)
