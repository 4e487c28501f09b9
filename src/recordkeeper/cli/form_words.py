"""What the closed lists of the grammar of forms are called on a screen; definitions keep the words themselves."""

from recordkeeper.language import translate as _


def kind_name(kind: str) -> str:
    """A kind of form."""
    names = {
        "form": _("single record"),
        "register": _("rows on sheets"),
        "survey": _("questionnaire"),
        "statistics": _("statistics"),
        "report": _("report"),
        "agreement": _("agreement"),
        "notice": _("notice"),
        "external": _("document from outside"),
    }
    return names[kind]


def type_name(field_type: str) -> str:
    """A type of field."""
    names = {
        "text": _("text"),
        "choice": _("choice"),
        "scale": _("scale"),
        "yes_no": _("yes or no"),
        "date": _("date"),
        "moment": _("moment"),
        "number": _("number"),
        "money": _("money"),
        "person": _("who acts"),
        "party": _("party"),
        "premises": _("premises"),
        "role": _("role"),
        "rows": _("rows"),
    }
    return names[field_type]


def sign_name(rule: str) -> str:
    """Who of those who may must sign a section."""
    names = {"one": _("one of them"), "all": _("all of them"), "any": _("whoever of them wants to")}
    return names[rule]


def grouping_name(by: str) -> str:
    """What the rows of a register are grouped by."""
    names = {
        "month": _("month"),
        "year": _("year"),
        "shift": _("shift"),
        "party": _("party"),
        "premises": _("premises"),
        "unit": _("unit"),
        "full": _("sheet, until it is full"),
    }
    return names[by]


def trigger_name(trigger: str) -> str:
    """From when a retention period runs."""
    names = {
        "closed": _("from its closing"),
        "sheet_closed": _("from the closing of its sheet"),
        "contract_ended": _("from the end of the contract"),
        "moved_out": _("from moving out"),
        "superseded": _("from being superseded"),
        "last_contact": _("from the last contact"),
        "year_end": _("from the end of the year"),
        "event": _("from the event that is named"),
    }
    return names[trigger]


def action_name(action: str) -> str:
    """What is done when a retention period ends."""
    names = {
        "keep": _("then keep"),
        "review": _("then review"),
        "transfer": _("then hand over"),
        "destroy": _("then destroy"),
    }
    return names[action]
