"""A test of the four properties of electronic records: what was looked at, of what, and what came of it.

Authentic, complete, usable, safe: each is answered from checks that were done, and from nothing else. A property fails
where one check failed; it cannot be assessed where one could not be done; else it is ok.

Source: DA/T 70-2018, 5 and 6; P00-R8
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from recordkeeper.language import told_of
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Json

TESTED = "tested"
"""The key under which a report's first act holds what was tested."""


class Property(StrEnum):
    """The four properties."""

    AUTHENTIC = "authentic"
    COMPLETE = "complete"
    USABLE = "usable"
    SAFE = "safe"


class Occasion(StrEnum):
    """When records are tested."""

    FILING = "filing"
    TRANSFER = "transfer"
    YEARLY = "yearly"


class Answer(StrEnum):
    """What is said of a property."""

    OK = "ok"
    FAILED = "failed"
    CANNOT_ASSESS = "cannot assess"


class Check(StrEnum):
    """What is looked at, one line of a report each."""

    DIGESTS = "digests"
    TRAIL = "trail"
    SIGNATURES = "signatures"
    INCLUSION = "inclusion"
    FILES = "files"
    ATTACHMENTS = "attachments"
    SECTIONS = "sections"
    NUMBERS = "numbers"
    OPENS = "opens"
    LASTS = "lasts"
    INERT = "inert"
    STRAY = "stray"
    PERMISSIONS = "permissions"
    COPIES = "copies"


PROPERTY_OF: Mapping[Check, Property] = {
    Check.DIGESTS: Property.AUTHENTIC,
    Check.TRAIL: Property.AUTHENTIC,
    Check.SIGNATURES: Property.AUTHENTIC,
    Check.INCLUSION: Property.AUTHENTIC,
    Check.FILES: Property.COMPLETE,
    Check.ATTACHMENTS: Property.COMPLETE,
    Check.SECTIONS: Property.COMPLETE,
    Check.NUMBERS: Property.COMPLETE,
    Check.OPENS: Property.USABLE,
    Check.LASTS: Property.USABLE,
    Check.INERT: Property.SAFE,
    Check.STRAY: Property.SAFE,
    Check.PERMISSIONS: Property.SAFE,
    Check.COPIES: Property.SAFE,
}

PRINTED: Mapping[Check, tuple[str, str]] = {
    Check.DIGESTS: ("档案库各版本与事件所绑定的摘要一致", "逐件重算摘要"),
    Check.TRAIL: ("操作及状态摘要与审计轨迹一致", "逐件重算、逐条比对"),
    Check.SIGNATURES: ("签名与所签内容、签名人当时的密钥相符；纸签有扫描件", "逐个验证"),
    Check.INCLUSION: ("事件在已发布日志之中", "逐件做包含证明并验证"),
    Check.FILES: ("清单所列版本和文件齐全", "逐件比对清单"),
    Check.ATTACHMENTS: ("操作所绑定的附件齐全", "逐个比对摘要"),
    Check.SECTIONS: ("各栏已填写、签名，无待会签的更改", "由操作重算状态"),
    Check.NUMBERS: ("所属表单编号连续", "编号比对"),
    Check.OPENS: ("文档、附件可以打开", "逐个解析"),
    Check.LASTS: ("PDF 为 PDF/A，字体内嵌", "逐个解析"),
    Check.INERT: ("无宏、脚本、程序等活动内容", "逐个解析"),
    Check.STRAY: ("档案库内无无关文件和链接", "逐件遍历"),
    Check.PERMISSIONS: ("文件不可被他人改写", "逐个读取权限"),
    Check.COPIES: ("镜像中有相同副本", "逐件比对、重算摘要"),
}
"""What a report prints of each check, in Chinese as the form: what is looked at, and how."""

PRINTED_PROPERTIES: Mapping[Property, str] = {
    Property.AUTHENTIC: "真实性",
    Property.COMPLETE: "完整性",
    Property.USABLE: "可用性",
    Property.SAFE: "安全性",
}
NOT_DONE = "未运行病毒扫描程序。"
"""What no check here does, said in every report."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that failed, or could not be assessed.

    Args:
        of: the number of the record, or what else it is about.
        code: a stable code, in no language.
        message: why, in the language in use.
    """

    of: str
    code: str
    message: str


@dataclass(slots=True)
class Tally:
    """What came of one check.

    Args:
        passed: how many records passed.
        failed, unassessed: those that failed, and those of which it could not be said; each once or more.
    """

    passed: int = 0
    failed: list[Remark] = field(default_factory=list)
    unassessed: list[Remark] = field(default_factory=list)

    @property
    def failed_count(self) -> int:
        """How many records failed."""
        return len({remark.of for remark in self.failed})

    @property
    def unassessed_count(self) -> int:
        """How many records could not be assessed, those that failed left out."""
        return len({remark.of for remark in self.unassessed} - {remark.of for remark in self.failed})


@dataclass(frozen=True, slots=True)
class Tested:
    """A test that was done.

    Args:
        occasion: when.
        items: number and state digest of each record and sheet that was looked at.
        tallies: what came of each check.
        share: which of how many shares, from 1; None where all was looked at.
        left: how many more wait to be tested on this occasion.
    """

    occasion: Occasion
    items: Sequence[tuple[str, str]]
    tallies: Mapping[Check, Tally]
    share: tuple[int, int] | None = None
    left: int = 0

    def answer(self, asked: Property) -> tuple[Answer, list[str]]:
        """What is said of a property, with the reasons in the language in use."""
        own = [(check, self.tallies[check]) for check in Check if PROPERTY_OF[check] is asked]
        failed = [remark for _check, tally in own for remark in tally.failed]
        unassessed = [remark for _check, tally in own for remark in tally.unassessed]
        answer = Answer.FAILED if failed else Answer.CANNOT_ASSESS if unassessed else Answer.OK
        return answer, [told_of(remark.of, remark.message) for remark in (*failed, *unassessed)]

    @property
    def failures(self) -> list[tuple[Check, Remark]]:
        """Everything that failed."""
        return [(check, remark) for check, tally in self.tallies.items() for remark in tally.failed]

    @property
    def content(self) -> dict[str, Json]:
        """As the report's first act holds it."""
        held: dict[str, Json] = {
            "occasion": str(self.occasion),
            "items": [{"number": number, "state": state} for number, state in self.items],
            "answers": {str(each): str(self.answer(each)[0]) for each in Property},
            "results": [
                {
                    "check": str(check),
                    "passed": tally.passed,
                    "failed": tally.failed_count,
                    "unassessed": tally.unassessed_count,
                }
                for check, tally in self.tallies.items()
            ],
            "failures": [
                {"check": str(check), "of": remark.of, "code": remark.code} for check, remark in self.failures
            ],
        }
        if self.share:
            held["share"] = list(self.share)
        return held


def property_names() -> dict[Property, str]:
    """What the properties are called in the language in use."""
    return {
        Property.AUTHENTIC: _("authenticity"),
        Property.COMPLETE: _("completeness"),
        Property.USABLE: _("usability"),
        Property.SAFE: _("safety"),
    }


def answer_names() -> dict[Answer, str]:
    """What the answers are called in the language in use."""
    return {
        Answer.OK: _("ok"),
        Answer.FAILED: _("failed"),
        Answer.CANNOT_ASSESS: _("cannot assess"),
    }


def check_names() -> dict[Check, str]:
    """What is looked at, in the language in use."""
    return {
        Check.DIGESTS: _("stored versions as their events bind them"),
        Check.TRAIL: _("acts and states as the trail tells them"),
        Check.SIGNATURES: _("signatures"),
        Check.INCLUSION: _("events in the published log"),
        Check.FILES: _("versions and files of the inventory"),
        Check.ATTACHMENTS: _("attachments that acts bind"),
        Check.SECTIONS: _("sections filled and signed"),
        Check.NUMBERS: _("numbers without a gap"),
        Check.OPENS: _("documents and attachments open"),
        Check.LASTS: _("PDF/A with its fonts"),
        Check.INERT: _("no macros, scripts or programs"),
        Check.STRAY: _("no stray files or links"),
        Check.PERMISSIONS: _("files that others cannot change"),
        Check.COPIES: _("the same in a mirror"),
    }
