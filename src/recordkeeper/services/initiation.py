"""The beginning of a workspace: its root unit, its first controller, its log key, its empty archive.

Everything that can be refused is decided by ``prepare``, before anything is made.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recordkeeper.credentials.keyring import Credential, create_credential
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.particulars import check_line
from recordkeeper.model.person import Person, check_login
from recordkeeper.model.unit import ROOT_CODE, ROOT_UNIT, Unit
from recordkeeper.services.company import new_subject
from recordkeeper.services.people import FIRST_PERSON, add_first_controller
from recordkeeper.services.places import append_unit
from recordkeeper.tlog.checkpoint import LogKey

if TYPE_CHECKING:
    from recordkeeper.ocfl.storage_root import StorageRoot
    from recordkeeper.register.acts import Register

_LOG_NAME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a workspace begins with, checked and not yet stored.

    Args:
        unit: the first act of the root unit.
        login, name: of the first controller.
        credential, public_key: of the first controller.
        log_key: the key that will sign the log's checkpoints.
    """

    unit: Content
    login: str
    name: str
    credential: Credential
    public_key: str
    log_key: LogKey


@dataclass(frozen=True, slots=True)
class Initiated:
    """What ``initiate`` has made."""

    unit: Unit
    controller: Person


def prepare(
    *,
    company: str,
    company_en: str = "",
    code: str = ROOT_CODE,
    time_zone: str,
    login: str,
    name: str,
    passphrase: str,
    now: datetime,
) -> Beginning:
    """Decide how a workspace begins; makes nothing.

    Args:
        company: the company's name, printed on every form.
        company_en: its English name.
        code: the root unit's code.
        time_zone: the company's IANA time zone.
        login: of the first controller.
        name: of the first controller, as it is printed.
        passphrase: of the first controller.
        now: aware, UTC.

    Raises:
        TextRefusedError: a name, code or login that cannot be used.
        UnknownTimeZoneError: no such time zone.
        UnusablePassphraseError: the passphrase is too short.
    """
    log_key = LogKey.generate(f"recordkeeper/{secrets.token_hex(_LOG_NAME_BYTES)}")
    unit = Unit.init(
        by=FIRST_PERSON,
        at=now,
        company=company,
        company_en=company_en,
        code=code,
        time_zone=time_zone,
        log_key=log_key.verifier,
    )
    login, name = check_login(login), check_line(name, _("name"))
    credential, public_key = create_credential(passphrase)
    return Beginning(unit, login, name, credential, public_key, log_key)


def initiate(
    beginning: Beginning,
    register: "Register",
    storage_root: "StorageRoot",
    log_key_path: Path,
    now: datetime,
) -> Initiated:
    """Store the log key, make the archive, and write the first acts in one transaction.

    Args:
        beginning: what was decided.
        register: a new one, without any act.
        storage_root: where the archive is to be.
        log_key_path: a file that does not exist.
        now: aware, UTC.

    Raises:
        UnusableLogKeyError: the key cannot be written.
        ArchiveError: the archive cannot be made.
        RegisterError: the register cannot be written.
    """
    beginning.log_key.save(log_key_path)
    storage_root.create()
    with register.writing(now=now) as transaction:
        history = new_subject(transaction, "unit")
        if history.subject != ROOT_UNIT:
            raise AssertionError(history.subject)
        unit = append_unit(transaction, history, beginning.unit)
        controller = add_first_controller(
            transaction,
            login=beginning.login,
            name=beginning.name,
            credential=beginning.credential,
            public_key=beginning.public_key,
            on=now.astimezone(unit.zone).date(),
        )
    return Initiated(unit, controller)
