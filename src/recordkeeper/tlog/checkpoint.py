"""Checkpoints, signed notes and the log key: text in, verified values out; only the key touches a file.

Source: C2SP tlog-checkpoint, C2SP signed-note; key texts as in golang.org/x/mod/sumdb/note.
"""

import base64
import binascii
import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from recordkeeper.durable import read_plain_file, sync_folder, write_new_file
from recordkeeper.errors import InvalidInputError, LogError, RefusalError, UnavailableError, system_reason
from recordkeeper.language import translate as _
from recordkeeper.tlog.merkle import HASH_BYTES

_ED25519 = b"\x01"
_KEY_BYTES = 32
_SIGNATURES_LIMIT = 100
_KEY_FILE_LIMIT = 4096
_MODE_OF_OTHERS = 0o077
_SHORT = re.compile(r"\s*([1-9]\d{0,17})\s*[·.:]\s*([0-9A-Fa-f]{4}(?:-[0-9A-Fa-f]{4}){1,15})\s*", re.ASCII)
_SIZE = re.compile(r"0|[1-9]\d{0,17}")
_PREVIOUS = re.compile(r"previous (?P<size>0|[1-9]\d{0,17}) (?P<digest>[0-9a-f]{64})")
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class MalformedNoteError(LogError, InvalidInputError):
    """A text is no checkpoint or no signed note."""

    def __init__(self, found: str) -> None:
        super().__init__(_("checkpoint: {found}").format(found=found), subject="checkpoint", found=found)


class UnsignedNoteError(LogError, RefusalError):
    """A note bears no valid signature of the key that is asked for."""

    def __init__(self, name: str, found: str) -> None:
        message = _("checkpoint: expected a signature of {name}, found {found}").format(name=name, found=found)
        super().__init__(message, subject="checkpoint", expected=name, found=found)


class UnusableLogKeyError(LogError, UnavailableError):
    """The log key cannot be read or made."""

    def __init__(self, path: str, found: str) -> None:
        message = _("{path}: no usable log key: {found}").format(path=path, found=found)
        super().__init__(message, subject=path, found=found)


class MalformedKeyError(LogError, InvalidInputError):
    """A text is no key as signed notes have it."""

    def __init__(self, found: str) -> None:
        message = _("log key: expected name+hash+key, found {found!r}").format(found=found)
        super().__init__(message, subject="log key", expected="name+hash+key", found=found)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says of a log.

    Args:
        origin: the log's name.
        size: number of entries.
        root: the tree's root, 32 bytes.
        extensions: further lines; the first one of ours names the checkpoint before.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def previous(self) -> tuple[int, str] | None:
        """Size and digest of the note before this one; none if it names none."""
        for line in self.extensions:
            match = _PREVIOUS.fullmatch(line)
            if match:
                return int(match["size"]), match["digest"]
        return None


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text of a checkpoint, to be signed.

    Source: C2SP tlog-checkpoint, Note text.
    """
    root = base64.b64encode(checkpoint.root).decode()
    return "".join(f"{line}\n" for line in (checkpoint.origin, str(checkpoint.size), root, *checkpoint.extensions))


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text is.

    Raises:
        MalformedNoteError: it is none.

    Source: C2SP tlog-checkpoint, Note text.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise MalformedNoteError(_("not at least three lines"))
    origin, size, root_text, *extensions = lines[:-1]
    root = _decode(root_text)
    if not _SIZE.fullmatch(size) or root is None or len(root) != HASH_BYTES:
        raise MalformedNoteError(_("no size and root"))
    return Checkpoint(origin, int(size), root, tuple(extensions))


def short_checkpoint(checkpoint: Checkpoint) -> str:
    """Size and the beginning of the root as they are printed on a form: ``1042·9F2C-77A1``."""
    return f"{checkpoint.size}·{root_groups(checkpoint, 2)}"


def root_groups(checkpoint: Checkpoint, count: int = 2 * HASH_BYTES // 4) -> str:
    """The root, or the first of its groups of four hexadecimal digits: ``9F2C-77A1-…``."""
    digits = checkpoint.root.hex().upper()
    return "-".join(digits[4 * number : 4 * number + 4] for number in range(count))


def code_of_checkpoint(checkpoint: Checkpoint, longest: int) -> str:
    """A short checkpoint for a print code of ``longest`` characters, with as much of the root as it holds."""
    beginning = f"{checkpoint.size}."
    return beginning + root_groups(checkpoint, min((longest + 1 - len(beginning)) // 5, 2 * HASH_BYTES // 4))


def parse_short_checkpoint(text: str) -> tuple[int, str] | None:
    """Size and beginning of the root of what a form or a sheet prints; none if it is not that.

    A colon or full stop may stand for the dot in the middle. The beginning is 8 to 64 lower-case hexadecimal digits.
    """
    match = _SHORT.fullmatch(text)
    return (int(match[1]), match[2].replace("-", "").lower()) if match else None


def previous_line(size: int, note: str) -> str:
    """The extension line that binds the next checkpoint to the published ``note`` of ``size`` entries."""
    return f"previous {size} {note_digest(note)}"


def note_digest(note: str) -> str:
    """SHA-256 of a signed note, hexadecimal."""
    return hashlib.sha256(note.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A private key that signs notes.

    Args:
        name: the log's or cosigner's name, without spaces and plus signs.
        private: the Ed25519 key.
    """

    algorithm: ClassVar[bytes]
    name: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> Self:
        """A new key.

        Raises:
            MalformedKeyError: the name is empty, or holds a space or a plus sign.
        """
        _check_name(name)
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of a text ``PRIVATE+KEY+name+hash+key``.

        Raises:
            MalformedKeyError: it is none.
        """
        parts = text.strip().split("+", 4)
        decoded = _decode(parts[-1])
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"] or decoded is None or len(decoded) != 1 + _KEY_BYTES:
            raise MalformedKeyError("PRIVATE+KEY+…")
        _check_name(parts[2])
        key = cls(parts[2], Ed25519PrivateKey.from_private_bytes(decoded[1:]))
        if decoded[:1] != cls.algorithm or parts[3] != key.identifier.hex():
            raise MalformedKeyError(f"PRIVATE+KEY+{parts[2]}+{parts[3]}+…")
        return key

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in a file.

        Raises:
            UnusableLogKeyError: it cannot be read, is no key, or others than its owner may read or write it.
        """
        try:
            mode = stat.S_IMODE(path.lstat().st_mode)
            if mode & _MODE_OF_OTHERS:
                raise UnusableLogKeyError(
                    str(path),
                    _("expected file mode {expected}, found {mode}").format(expected="0600", mode=f"{mode:04o}"),
                )
            return cls.parse(read_plain_file(path, _KEY_FILE_LIMIT).decode())
        except OSError as error:
            raise UnusableLogKeyError(str(path), system_reason(error)) from error
        except (UnicodeDecodeError, MalformedKeyError) as error:
            raise UnusableLogKeyError(str(path), _("not a key")) from error

    def save(self, path: Path) -> None:
        """Write the key to a new file that only its owner may read (0600).

        Raises:
            UnusableLogKeyError: the file exists, or cannot be written.
        """
        encoded = base64.b64encode(self.algorithm + self.private.private_bytes_raw()).decode()
        text = f"PRIVATE+KEY+{self.name}+{self.identifier.hex()}+{encoded}\n"
        try:
            write_new_file(path, text.encode(), 0o600)
            sync_folder(path.parent)
        except OSError as error:
            raise UnusableLogKeyError(str(path), system_reason(error)) from error

    @property
    def public_bytes(self) -> bytes:
        """The public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def identifier(self) -> bytes:
        """The 4 bytes by which a signature line names the key.

        Source: C2SP signed-note, Format.
        """
        return key_identifier(self.name, self.algorithm, self.public_bytes)

    @property
    def verifier(self) -> str:
        """The verifier key text ``name+hash+key``, to be kept outside."""
        encoded = base64.b64encode(self.algorithm + self.public_bytes).decode()
        return f"{self.name}+{self.identifier.hex()}+{encoded}"


class LogKey(NoteKey):
    """The private key that signs checkpoints."""

    __slots__ = ()
    algorithm = _ED25519


def sign_note(text: str, key: LogKey) -> str:
    """A signed note of ``text``.

    Raises:
        MalformedNoteError: the text does not end its last line, or holds a control character.

    Source: C2SP signed-note, Format.
    """
    if not text.endswith("\n") or _CONTROL.search(text):
        raise MalformedNoteError(_("text that cannot be signed"))
    signature = key.identifier + key.private.sign(text.encode())
    return f"{text}\n— {key.name} {base64.b64encode(signature).decode()}\n"


def open_note(note: str, verifier: str) -> str:
    """The text of a note that ``verifier`` has signed; signatures of other keys are not looked at.

    Raises:
        MalformedNoteError: it is no signed note.
        UnsignedNoteError: it bears no signature of that key, or one that does not fit the text.
        MalformedKeyError: ``verifier`` is no verifier key.

    Source: C2SP signed-note, Format.
    """
    name, key_hash, public_bytes = parse_verifier(verifier, LogKey.algorithm)
    text, signatures = split_note(note)
    for signer, blob in signatures:
        if signer != name or blob[:4] != key_hash:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public_bytes).verify(blob[4:], text.encode(errors="surrogatepass"))
        except InvalidSignature:
            raise UnsignedNoteError(name, _("one that does not fit the text")) from None
        return text
    raise UnsignedNoteError(name, ", ".join(signer for signer, _blob in signatures))


def verify_note(note: str, verifier: str) -> Checkpoint:
    """The checkpoint of a note that ``verifier`` has signed.

    Raises:
        MalformedNoteError: it is no signed note, or its text is no checkpoint.
        UnsignedNoteError: it bears no valid signature of that key.
        MalformedKeyError: ``verifier`` is no verifier key.
    """
    return parse_checkpoint(open_note(note, verifier))


def is_signed_by(note: str, verifier: str) -> bool:
    """Whether ``verifier`` has signed a note.

    Raises:
        MalformedNoteError: it is no signed note.
        MalformedKeyError: ``verifier`` is no verifier key.
    """
    try:
        open_note(note, verifier)
    except UnsignedNoteError:
        return False
    return True


def unverified_checkpoint(note: str) -> Checkpoint:
    """The checkpoint of a note, whoever signed it.

    Raises:
        MalformedNoteError: it is no signed note, or its text is no checkpoint.
    """
    return parse_checkpoint(split_note(note)[0])


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, and for each signature the name and the bytes of key hash and signature.

    Raises:
        MalformedNoteError: it is no signed note.

    Source: C2SP signed-note, Format.
    """
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or _CONTROL.search(note):
        raise MalformedNoteError(_("no signed note"))
    signatures: list[tuple[str, bytes]] = []
    for line in tail[:-1].split("\n"):
        dash, _space, rest = line.partition(" ")
        name, _space, encoded = rest.partition(" ")
        blob = _decode(encoded)
        if dash != "—" or not _NAME.fullmatch(name) or blob is None or len(blob) < 5:
            raise MalformedNoteError(_("no signature line"))
        signatures.append((name, blob))
    if len(signatures) > _SIGNATURES_LIMIT:
        raise MalformedNoteError(_("too many signatures"))
    return text + "\n", signatures


def parse_verifier(verifier: str, algorithm: bytes) -> tuple[str, bytes, bytes]:
    """Name, identifier and public key of a verifier key text ``name+hash+key``.

    Args:
        verifier: the text.
        algorithm: the byte that stands before the public key: of a log key, or of a cosigner's.

    Raises:
        MalformedKeyError: it is no such key.

    Source: C2SP signed-note, Verifier keys.
    """
    parts = verifier.strip().split("+", 2)
    decoded = _decode(parts[-1])
    if len(parts) != 3 or decoded is None or len(decoded) != 1 + _KEY_BYTES or decoded[:1] != algorithm:
        raise MalformedKeyError(verifier)
    _check_name(parts[0])
    identifier = key_identifier(parts[0], algorithm, decoded[1:])
    if identifier.hex() != parts[1]:
        raise MalformedKeyError(verifier)
    return parts[0], identifier, decoded[1:]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise MalformedKeyError(name)


def key_identifier(name: str, algorithm: bytes, public_bytes: bytes) -> bytes:
    """The 4 bytes by which a signature line names a key.

    Source: C2SP signed-note, Format.
    """
    return hashlib.sha256(name.encode(errors="surrogatepass") + b"\n" + algorithm + public_bytes).digest()[:4]


def _decode(text: str) -> bytes | None:
    """The bytes of a base64 text; none where it is none, or not the one spelling of these bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
