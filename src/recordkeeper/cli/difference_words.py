"""What the keys of definitions are called when a difference is told; definitions keep the keys themselves."""

from recordkeeper.language import translate as _


def list_name(key: str) -> str:
    """A key whose value is a list of things with ids, as one of them is called."""
    names = {
        "sections": _("section"),
        "fields": _("field"),
        "computed": _("computed field"),
        "columns": _("column"),
        "choices": _("choice"),
        "roles": _("role"),
        "rules": _("rule"),
        "tables": _("reference table"),
        "keys": _("key"),
        "opens": _("opens"),
        "needs": _("needs"),
        "related_documents": _("related documents"),
        "copies": _("copies of the slip"),
    }
    return names.get(key, key_name(key))


def key_name(key: str) -> str:
    """A key of a definition; one without a word of its own as it is written."""
    return {**_of_forms(), **_of_sections(), **_of_fields()}.get(key, key)


def _of_forms() -> dict[str, str]:
    return {
        "title": _("title"),
        "text": _("text"),
        "kind": _("kind"),
        "aliases": _("printed spellings"),
        "also_called": _("also called"),
        "owner": _("owner"),
        "keeping_unit": _("kept by"),
        "medium": _("medium"),
        "original": _("original"),
        "page": _("page"),
        "orientation": _("orientation"),
        "retention": _("retention"),
        "trigger": _("counted from"),
        "years": _("years"),
        "most_years": _("years at most"),
        "action": _("action"),
        "authority": _("authority"),
        "amendment": _("amendment"),
        "corrections": _("corrections"),
        "countersign": _("counter-signature"),
        "party_signs": _("the party signs anew"),
        "access": _("access"),
        "read": _("who reads"),
        "take_out": _("who takes out"),
        "copy": _("copying"),
        "consent": _("whose consent"),
        "sheet": _("sheet"),
        "rows_a_page": _("rows a page"),
        "sources": _("sources"),
        "form": _("form"),
        "forms": _("forms"),
        "unit": _("unit"),
        "period": _("period"),
        "state": _("state"),
        "greeting": _("greeting"),
        "closing": _("closing words"),
        "examples": _("examples"),
        "template": _("Word template"),
        "provides": _("purposes served"),
        "same_as": _("same as"),
        "approver": _("approver"),
        "late_after_days": _("late after days"),
    }


def _of_sections() -> dict[str, str]:
    return {
        "by": _("filled by"),
        "other_than": _("not by who did"),
        "when": _("condition"),
        "each": _("repeated for"),
        "sign": _("signatures"),
        "meaning": _("meaning"),
        "on_paper": _("on paper"),
        "due": _("due"),
        "not_before": _("not before"),
        "days": _("days"),
        "working_days": _("working days"),
        "minutes": _("minutes"),
        "after": _("after"),
        "optional": _("optional"),
        "rounds": _("rounds"),
        "until": _("until"),
        "ends": _("ends when"),
        "purpose": _("purpose"),
        "for_each": _("for each"),
        "sign_title": _("signature's title"),
    }


def _of_fields() -> dict[str, str]:
    return {
        "type": _("type"),
        "required": _("compulsory"),
        "required_if": _("compulsory when"),
        "multiple": _("several choices"),
        "places": _("decimal places"),
        "at_least": _("at least"),
        "at_most": _("at most"),
        "pattern": _("pattern"),
        "check": _("check"),
        "check_says": _("what the check says"),
        "takes_from": _("taken from"),
        "remarks": _("remarks"),
        "group": _("group"),
        "lines": _("lines"),
        "width": _("width"),
        "millimetres": _("width in millimetres"),
        "hint": _("hint"),
        "suffix": _("suffix"),
        "beside": _("printed beside"),
        "chart": _("chart"),
        "value": _("formula"),
    }
