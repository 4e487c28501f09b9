"""A PostgreSQL on another machine, as a careful administrator sets it up: TLS alone, with a password or certificate."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from recordkeeper.register.connection import RegisterUnavailableError
from recordkeeper.register.engine import create_register, open_register
from recordkeeper.register.inspection import open_for_verification
from scratch_postgresql import ScratchPostgresql, find_binaries_with_tls
from tampering import change

pytestmark = pytest.mark.needs_postgresql_with_tls

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
RULES = "hostssl all bycert 127.0.0.1/32 cert\nhostssl all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True)
class Authority:
    """Who certifies servers and logins."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def certify(self, name: str) -> tuple[Path, Path]:
        """A certificate for ``name`` and its key, in files."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(name, key, self.certificate.subject, self.key)
        return _written(self.folder / name, certificate, key)


def authority_in(folder: Path) -> Authority:
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    certificate = _certificate("authority", key, name, key)
    (folder / "authority.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return Authority(folder, certificate, key)


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, signing: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    today = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=name == "authority", path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )


def _written(place: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> tuple[Path, Path]:
    files = place.with_suffix(".crt"), place.with_suffix(".key")
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files[1].chmod(0o600)
    return files


@dataclass(frozen=True)
class Network:
    """The authority that a server's clients trust, and where a register lies on it."""

    authority: Authority
    port: int
    database: str

    def url(self, login: str, password: str = "", **query: str | Path) -> str:
        given = {"sslmode": "verify-full", "sslrootcert": self.authority.file, **query}
        options = "&".join(f"{name}={value}" for name, value in given.items())
        secret = f":{password}" if password else ""
        return f"postgresql+psycopg://{login}{secret}@localhost:{self.port}/{self.database}?{options}"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    binaries = find_binaries_with_tls()
    assert binaries is not None
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    server = ScratchPostgresql(binaries, port)
    authority = authority_in(tmp_path_factory.mktemp("tls") / "authority")
    certificate, key = authority.certify("localhost")
    files = {"ssl_cert_file": certificate, "ssl_key_file": key, "ssl_ca_file": authority.file}
    server.demand(RULES, {**{name: server.lent(file) for name, file in files.items()}, "ssl": "on"})
    url = server.create()
    name = str(sqlalchemy.make_url(url).database)
    change(
        url,
        "CREATE ROLE administrator LOGIN CREATEROLE PASSWORD 'a secret'",
        f"ALTER DATABASE {name} OWNER TO administrator",
    )
    network = Network(authority, port, name)
    create_register(network.url("administrator", "a secret"), "clerk").close()
    change(url, "ALTER ROLE clerk PASSWORD 'another'", f"CREATE ROLE bycert LOGIN IN ROLE {name}_application")
    yield network
    server.stop()


def note_a_login(url: str) -> None:
    with open_register(url) as register, register.writing(now=NOW) as transaction:
        transaction.note("login", actor="person/1")


def test_a_password_over_tls_opens_the_register_and_it_is_as_it_was_made(network: Network) -> None:
    url = network.url("clerk", "another")
    note_a_login(url)
    with open_for_verification(url) as inspection:
        assert inspection.verify_schema() == []


def test_a_certificate_opens_it_without_a_password(network: Network) -> None:
    certificate, key = network.authority.certify("bycert")
    note_a_login(network.url("bycert", sslcert=certificate, sslkey=key))


def test_who_proves_nothing_is_refused_and_no_password_is_told(network: Network, tmp_path: Path) -> None:
    other = authority_in(tmp_path / "other")
    certificate, key = other.certify("bycert")
    refused = {
        network.url("clerk", "guessed"): "password authentication failed",
        network.url("clerk", "another", sslmode="disable"): "no encryption",
        network.url("clerk", "another", sslrootcert=other.file): "SSL error",
        network.url("bycert", sslcert=certificate, sslkey=key): "SSL|certificate",
    }
    for url, reason in refused.items():
        with pytest.raises(RegisterUnavailableError, match=reason) as caught:
            open_register(url)
        assert "guessed" not in str(caught.value)
        assert "another" not in str(caught.value)
