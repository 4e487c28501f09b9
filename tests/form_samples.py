"""Definitions for tests: the shipped forms, and small ones of every kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from recordkeeper.model.form import Form, parse_form
from recordkeeper.model.person import BUILT_IN_ROLES

FORMS = Path(__file__).parents[1] / "forms"
SHIPPED = sorted(path for path in FORMS.glob("*/*.yaml") if path.name != "procedure.yaml")
OF_P02 = [path for path in SHIPPED if path.parent.name == "P02"]
ROLES = {"clerk": "值班员", "quality": "质量管理部（质管部）", "head": "负责人"}


def title(zh: str, en: str = "English") -> dict[str, str]:
    return {"zh": zh, "en": en}


def load(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def shipped_form(path: Path) -> tuple[Form, Mapping[str, str]]:
    procedure = load(path.parent / "procedure.yaml")
    roles = {role: names[0] for role, names in BUILT_IN_ROLES.items()}
    return parse_form(load(path)), roles | {role["id"]: role["zh"] for role in procedure["roles"]}


def field(identifier: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"id": identifier, "title": title(f"栏{identifier}"), "type": kind, **more}


def section(identifier: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": identifier, "title": title(f"段{identifier}"), "by": "clerk", "fields": list(fields), **more}


def sample_form(kind: str, *sections: dict[str, Any], **more: Any) -> Form:
    return parse_form(
        {
            "code": "QR-900-01",
            "revision": "A/0",
            "procedure": "P90",
            "title": title("样表", "Sample"),
            "kind": kind,
            "owner": "quality",
            "keeping_unit": title("质管部"),
            "retention": {"years": 3, "authority": "P90-R1"},
            "sections": list(sections),
            **more,
        }
    )


CHOICES = [{"id": "good", **title("好")}, {"id": "other", **title("其他")}]
SIGNED = {"sign": "one", "meaning": "received"}
EVERY_FIELD = (
    field("a_text"),
    field("a_half", width="half"),
    field("an_area", lines=4),
    field("a_choice", "choice", choices=CHOICES),
    field("a_choice_other", beside="a_choice"),
    field("a_scale", "scale"),
    field("a_truth", "yes_no"),
    field("a_date", "date"),
    field("a_moment", "moment"),
    field("a_number", "number"),
    field("some_money", "money"),
    field("a_person", "person"),
    field("a_party", "party"),
    field("premises_of", "premises"),
    field("a_role", "role"),
    field("some_rows", "rows", columns=[field("what", millimetres=60), field("how_many", "number")]),
    field("below_area", "date", beside="an_area"),
)
SAMPLES = {
    "form": sample_form("form", section("one", *EVERY_FIELD, **SIGNED), section("two", **SIGNED)),
    "unsigned": sample_form("form", section("one", field("a_text"))),
    "three_signers": sample_form(
        "agreement", section("one", field("a_text"), **SIGNED), section("two", **SIGNED), section("three", **SIGNED)
    ),
    "landscape": sample_form("form", section("one", *EVERY_FIELD, **SIGNED), orientation="landscape"),
    "copies": sample_form(
        "agreement",
        section("one", *EVERY_FIELD, **SIGNED),
        page="A5",
        copies=[
            {"zh": "存根联", "en": "Stub"},
            {"zh": "客户联", "en": "Customer copy"},
            {"zh": "财务联", "en": "Finance"},
        ],
    ),
    "repeated": sample_form(
        "form",
        section("one", field("asked", "choice", choices=CHOICES, multiple=True), field("a_text")),
        section("answered", field("opinion"), field("agreed", "yes_no"), each={"field": "asked"}, **SIGNED),
        section("two", field("passed", "yes_no"), rounds={"until": "passed", "sections": ["one", "answered", "two"]}),
    ),
    "a5": sample_form("form", section("one", *EVERY_FIELD, **SIGNED), page="A5"),
    "statistics": sample_form("statistics", section("one", *EVERY_FIELD, **SIGNED)),
    "report": sample_form("report", section("one", *EVERY_FIELD, **SIGNED)),
    "notice": sample_form("notice", section("one", *EVERY_FIELD, **SIGNED)),
    "survey": sample_form(
        "survey",
        section("one", field("before"), field("judged", "scale", group=title("组"), remarks="remark"), field("remark")),
        section("two", *EVERY_FIELD, **SIGNED),
        greeting=title("您好"),
        closing=title("谢谢"),
    ),
    "register": sample_form(
        "register",
        section("one", field("on_day", "date"), field("what", lines=2), field("who", beside="what")),
        orientation="landscape",
        sheet={
            "by": "month",
            "on": "on_day",
            "sections": [section("summary", field("words", lines=2)), section("reading", **SIGNED)],
        },
    ),
}
