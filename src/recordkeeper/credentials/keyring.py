"""A person's passphrase and the Ed25519 key sealed under it; signatures over bytes.

It stores nothing and knows neither records nor what is signed. One run of argon2id (0.15 s) gives 64 bytes,
from which HKDF derives two independent keys: one is stored and tells whether a passphrase is right, the other
seals the private key and is stored nowhere. Who reads both stored values still has to guess the passphrase.

Source: RFC 9106 (Argon2id), RFC 5869 (HKDF), RFC 8032 (Ed25519), RFC 8439 (ChaCha20-Poly1305).
"""

import base64
import binascii
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Self

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from recordkeeper.amount import amount
from recordkeeper.errors import CredentialError, InvalidInputError, RefusalError, UnavailableError
from recordkeeper.language import translate as _

PASSPHRASE_CHARACTERS = 8

RECOMMENDED_COST = (64 * 1024, 3, 4)
"""KiB of memory, passes and lanes of one argon2id run: the second recommended option of RFC 9106, 4."""
cost_of_new_credentials = RECOMMENDED_COST
"""What a new credential takes, which stores it; a test that is not about guessing may ask for less."""

_SCHEME = "argon2id-hkdf-sha256"
_SEAL = "chacha20poly1305"
_KEY_BYTES = 32
_SALT_BYTES = 16
_NONCE_BYTES = 12
# The most that a stored hash may ask of this machine: a changed row must not exhaust it.
_MEMORY_LIMIT_KIB = 1024 * 1024
_TIME_LIMIT = 16
_LANES_LIMIT = 16
_HASH = re.compile(
    rf"\${_SCHEME}\$v=(?P<version>\d{{1,3}})"
    r"\$m=(?P<memory>\d{1,9}),t=(?P<time>\d{1,9}),p=(?P<lanes>\d{1,9})"
    r"\$(?P<salt>[A-Za-z0-9+/]{1,86})\$(?P<check>[A-Za-z0-9+/]{43})"
)


class UnusablePassphraseError(CredentialError, InvalidInputError):
    """A passphrase that nobody may choose: too short, or not text."""

    def __init__(self, found: str) -> None:
        expected = _("at least {count} characters").format(count=PASSPHRASE_CHARACTERS)
        message = _("passphrase: expected {expected}, found {found}").format(expected=expected, found=found)
        super().__init__(message, subject="passphrase", expected=expected, found=found)


class WrongPassphraseError(CredentialError, RefusalError):
    """The passphrase is not this person's."""

    def __init__(self, subject: str) -> None:
        super().__init__(_("{subject}: wrong passphrase").format(subject=subject), subject=subject)


class DamagedCredentialError(CredentialError, UnavailableError):
    """What is stored of a person's passphrase or key cannot be used, whatever passphrase is given."""

    def __init__(self, subject: str, part: str) -> None:
        message = _("{subject}: the stored {part} is damaged").format(subject=subject, part=part)
        super().__init__(message, subject=subject, found=part)


@dataclass(frozen=True, slots=True)
class Credential:
    """What is stored for a person; neither value opens anything by itself.

    Args:
        passphrase_hash: scheme, cost, salt and check in the PHC string format.
        sealed_key: cipher, nonce and the sealed Ed25519 seed, hexadecimal.
    """

    passphrase_hash: str
    sealed_key: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A person's opened private key; lives as long as the command that asked for the passphrase."""

    _private: Ed25519PrivateKey

    @property
    def public_key(self) -> str:
        """The public key as 64 hexadecimal characters."""
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> str:
        """The Ed25519 signature over ``data`` as 128 hexadecimal characters.

        Source: RFC 8032, 5.1.6.
        """
        return self._private.sign(data).hex()


@dataclass(frozen=True, slots=True)
class _Cost:
    """Cost and salt of one argon2id run."""

    memory_kib: int
    time: int
    lanes: int
    salt: bytes

    @classmethod
    def fresh(cls) -> Self:
        """The cost of new credentials with a random salt.

        Source: RFC 9106, 4 (second recommended option).
        """
        return cls(*cost_of_new_credentials, secrets.token_bytes(_SALT_BYTES))

    def derive(self, passphrase: str) -> tuple[bytes, bytes]:
        """The check and the sealing key of ``passphrase``, 32 bytes each.

        Normalised, so that a passphrase typed on another keyboard is the same.

        Source: RFC 8265, 4.2.
        """
        raw = hash_secret_raw(
            unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass"),
            self.salt,
            self.time,
            self.memory_kib,
            self.lanes,
            2 * _KEY_BYTES,
            Type.ID,
        )
        check = HKDFExpand(hashes.SHA256(), _KEY_BYTES, b"recordkeeper passphrase check").derive(raw)
        sealing = HKDFExpand(hashes.SHA256(), _KEY_BYTES, b"recordkeeper key sealing").derive(raw)
        return check, sealing

    def format(self, check: bytes) -> str:
        """The stored form of this cost with its check."""
        parameters = f"m={self.memory_kib},t={self.time},p={self.lanes}"
        return f"${_SCHEME}$v={ARGON2_VERSION}${parameters}${_base64(self.salt)}${_base64(check)}"


def create_credential(passphrase: str) -> tuple[Credential, str]:
    """A new key pair sealed under ``passphrase``, and its public key in hexadecimal.

    Raises:
        UnusablePassphraseError: shorter than 8 characters, or holding a lone surrogate.
    """
    private = Ed25519PrivateKey.generate()
    return _seal(private, passphrase), SigningKey(private).public_key


def open_key(credential: Credential, passphrase: str, subject: str) -> SigningKey:
    """The private key of ``credential``.

    Args:
        credential: as stored.
        passphrase: as typed.
        subject: whose it is, for the error: a login name or ``person/7``.

    Raises:
        WrongPassphraseError: the passphrase is not the one it was sealed under.
        DamagedCredentialError: the hash or the sealed key is not as it was written.
    """
    cost, expected = _parse_hash(credential.passphrase_hash, subject)
    try:
        check, sealing = cost.derive(passphrase)
    except HashingError:
        raise DamagedCredentialError(subject, _("passphrase hash")) from None
    if not hmac.compare_digest(check, expected):
        raise WrongPassphraseError(subject)
    cipher, _dollar, sealed_hex = credential.sealed_key.partition("$")
    try:
        sealed = bytes.fromhex(sealed_hex)
        if cipher != _SEAL or sealed.hex() != sealed_hex:
            raise DamagedCredentialError(subject, _("key"))
        bound = credential.passphrase_hash.encode()
        seed = ChaCha20Poly1305(sealing).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
        return SigningKey(Ed25519PrivateKey.from_private_bytes(seed))
    except (ValueError, InvalidTag):
        raise DamagedCredentialError(subject, _("key")) from None


def reseal(credential: Credential, old: str, new: str, subject: str) -> Credential:
    """The same key under another passphrase.

    Args:
        credential: as stored.
        old: the passphrase it is sealed under.
        new: the passphrase wanted.
        subject: whose it is, for the error.

    Raises:
        WrongPassphraseError: ``old`` is not the passphrase.
        UnusablePassphraseError: ``new`` is shorter than 8 characters, or holds a lone surrogate.
        DamagedCredentialError: the hash or the sealed key is not as it was written.
    """
    _check_usable(new)
    return _seal(open_key(credential, old, subject)._private, new)  # noqa: SLF001 - the key never leaves this module


def seal_secret(secret: bytes, passphrase: str) -> str:
    """A text from which ``secret`` comes back with ``passphrase`` alone.

    Raises:
        UnusablePassphraseError: shorter than 8 characters, or holding a lone surrogate.

    Source: RFC 9106; RFC 8439
    """
    _check_usable(passphrase)
    cost = _Cost.fresh()
    check, sealing = cost.derive(passphrase)
    passphrase_hash, nonce = cost.format(check), secrets.token_bytes(_NONCE_BYTES)
    sealed = ChaCha20Poly1305(sealing).encrypt(nonce, secret, passphrase_hash.encode())
    return f"{passphrase_hash}\n{_SEAL}${(nonce + sealed).hex()}\n"


def open_secret(text: str, passphrase: str, subject: str) -> bytes:
    """What ``seal_secret`` sealed.

    Args:
        text: what it gave.
        passphrase: as typed.
        subject: what it is, for the error.

    Raises:
        WrongPassphraseError: the passphrase is not the one it was sealed under.
        DamagedCredentialError: the text is not as it was written.
    """
    passphrase_hash, _newline, rest = text.partition("\n")
    cost, expected = _parse_hash(passphrase_hash, subject)
    check, sealing = cost.derive(passphrase)
    if not hmac.compare_digest(check, expected):
        raise WrongPassphraseError(subject)
    cipher, _dollar, sealed_hex = rest.strip().partition("$")
    try:
        sealed = bytes.fromhex(sealed_hex if cipher == _SEAL else "-")
        return ChaCha20Poly1305(sealing).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], passphrase_hash.encode())
    except (ValueError, InvalidTag):
        raise DamagedCredentialError(subject, _("key")) from None


def verify_signature(public_key: str, signature: str, data: bytes) -> bool:
    """Whether ``signature`` over ``data`` is by ``public_key`` (both hexadecimal); false for what is neither.

    Source: RFC 8032, 5.1.7.
    """
    try:
        key_bytes, signature_bytes = bytes.fromhex(public_key), bytes.fromhex(signature)
        Ed25519PublicKey.from_public_bytes(key_bytes).verify(signature_bytes, data)
    except (ValueError, InvalidSignature):
        return False
    # A second spelling of the same bytes would be a changed row that nobody notices.
    return key_bytes.hex() == public_key and signature_bytes.hex() == signature


def _seal(private: Ed25519PrivateKey, passphrase: str) -> Credential:
    _check_usable(passphrase)
    cost = _Cost.fresh()
    check, sealing = cost.derive(passphrase)
    passphrase_hash = cost.format(check)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = ChaCha20Poly1305(sealing).encrypt(nonce, private.private_bytes_raw(), passphrase_hash.encode())
    return Credential(passphrase_hash, f"{_SEAL}${(nonce + sealed).hex()}")


def _check_usable(passphrase: str) -> None:
    if len(unicodedata.normalize("NFC", passphrase)) < PASSPHRASE_CHARACTERS:
        raise UnusablePassphraseError(amount("characters", len(passphrase)))
    try:
        passphrase.encode()
    except UnicodeEncodeError as error:
        raise UnusablePassphraseError(f"U+{ord(passphrase[error.start]):04X}") from None


def _parse_hash(passphrase_hash: str, subject: str) -> tuple[_Cost, bytes]:
    match = _HASH.fullmatch(passphrase_hash)
    if match is None or int(match["version"]) != ARGON2_VERSION:
        raise DamagedCredentialError(subject, _("passphrase hash"))
    try:
        salt, check = (base64.b64decode(match[part] + "=" * (-len(match[part]) % 4)) for part in ("salt", "check"))
    except binascii.Error:
        raise DamagedCredentialError(subject, _("passphrase hash")) from None
    cost = _Cost(int(match["memory"]), int(match["time"]), int(match["lanes"]), salt)
    if cost.memory_kib > _MEMORY_LIMIT_KIB or cost.time > _TIME_LIMIT or cost.lanes > _LANES_LIMIT:
        raise DamagedCredentialError(subject, _("passphrase hash"))
    return cost, check


def _base64(data: bytes) -> str:
    """Base64 without padding, as PHC strings have it."""
    return base64.b64encode(data).decode().rstrip("=")
