"""A procedure P90 of forms that a test makes up, installed in a company of its own roles."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from company import NOW, Company
from recordkeeper.documents.scaffold import scaffold
from recordkeeper.model.form import parse_form
from recordkeeper.services import catalogue

ROLES = ("clerk", "head", "checker", "engineering", "quality", "security")


def definition(code: str, *sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A form of P90 by the roles that the company's people hold."""
    return {
        "code": code,
        "revision": "A/0",
        "procedure": "P90",
        "title": {"zh": f"试表 {code}", "en": f"Trial {code}"},
        "kind": "form",
        "owner": "quality",
        "keeping_unit": {"zh": "质管部", "en": "Quality"},
        "retention": {"years": 3, "authority": "P90-R1"},
        "sections": list(sections),
        **more,
    }


def write(folder: Path, definitions: Sequence[dict[str, Any]], roles: Sequence[str] = ROLES, **more: Any) -> Path:
    """The procedure in a folder: definitions, and templates as the scaffold makes them."""
    folder.mkdir(exist_ok=True)
    procedure = {
        "id": "P90",
        "revision": "A/0",
        "title": {"zh": "试行程序", "en": "Trial procedure"},
        "roles": [{"id": role, "zh": role, "en": role} for role in roles],
        "forms": [each["code"] for each in definitions],
        **more,
    }
    (folder / "procedure.yaml").write_text(json.dumps(procedure, ensure_ascii=False), encoding="utf-8")
    names = {role: role for role in roles}
    for each in definitions:
        (folder / f"{each['code']}.yaml").write_text(json.dumps(each, ensure_ascii=False), encoding="utf-8")
        (folder / f"{each['code']}.docx").write_bytes(scaffold(parse_form(each), names))
    return folder


def install(company: Company, *definitions: dict[str, Any]) -> None:
    """Install and release P90 with these forms; roles are those that P02 gives the company's people."""
    folder = write(company.folder / "P90", definitions, ("field_staff", "engineering", "quality", "department_head"))
    subjects = [
        each.subject for each in catalogue.install_procedure(company.register, folder, company.by("controller"), NOW)
    ]
    catalogue.approve(company.register, subjects, company.by("approver"), company.key("approver"), NOW)
    catalogue.release(company.register, subjects, date(2026, 11, 23), company.by("approver"), NOW)
