"""Procedures of a few small forms, written to a folder as a controller would hand them in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from form_samples import title
from recordkeeper.documents.scaffold import scaffold
from recordkeeper.model.form import parse_form
from recordkeeper.model.person import BUILT_IN_ROLES

ROLES = {"clerk": "值班员", "quality": "质管部", "head": "负责人"}


def form(code: str, *sections: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The definition of a form of P90, or of the procedure given."""
    return {
        "code": code,
        "revision": "A/0",
        "procedure": "P90",
        "title": title(f"样表{code}", f"Sample {code}"),
        "kind": "form",
        "owner": "quality",
        "keeping_unit": title("质管部"),
        "retention": {"years": 3, "authority": "P90-R1"},
        "sections": [dict(section) for section in sections],
        **more,
    }


def write_package(folder: Path, *forms: Mapping[str, Any], identifier: str = "P90", **more: Any) -> Path:
    """A procedure of these forms in ``folder``, each with a scaffolded template."""
    folder.mkdir(parents=True, exist_ok=True)
    procedure = {
        "id": identifier,
        "revision": "A/0",
        "title": title(f"程序{identifier}", f"Procedure {identifier}"),
        "roles": [{"id": name, **title(zh, name.title())} for name, zh in ROLES.items()],
        "rules": [{"id": f"{identifier}-R1", **title("记录保存三年", "Records are kept for three years")}],
        "forms": [str(each["code"]) for each in forms],
        **more,
    }
    _write(folder / "procedure.yaml", procedure)
    names = {name: names[0] for name, names in BUILT_IN_ROLES.items()} | ROLES
    for each in forms:
        data = {**each, "procedure": identifier}
        _write(folder / f"{each['code']}.yaml", data)
        (folder / f"{each['code']}.docx").write_bytes(scaffold(parse_form(data), names))
    return folder


def _write(path: Path, data: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(dict(data), file)
