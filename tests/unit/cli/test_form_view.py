"""What ``form show`` says of whom a form lets do what."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from form_samples import field, section
from packages import form
from recordkeeper.cli.form_view import print_form
from recordkeeper.language import use_language
from recordkeeper.model.form import parse_form
from recordkeeper.model.form_revision import RevisionState

if TYPE_CHECKING:
    from recordkeeper.model.form_revision import Revision

ROLES = {"head": "负责人", "clerk": "文员"}


def shown(capsys: pytest.CaptureFixture[str], **changes: Any) -> list[str]:
    definition = parse_form(form("QR-900-01", section("entry", field("what")), **changes))
    revision = SimpleNamespace(
        form=definition,
        state=RevisionState.DRAFT,
        effective_on=None,
        withdrawn_on=None,
        author_name="李雷",
        approver_name="",
        procedure="P90",
        printings=(),
    )
    print_form(cast("Revision", revision), ROLES)
    return capsys.readouterr().out.splitlines()


def test_a_confidential_form_is_shown_as_such_with_whom_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    use_language("zh")
    lines = shown(
        capsys, access={"read": ["head", "clerk"], "copy": ["head"], "take_out": ["head"], "consent": ["head"]}
    )
    for line in ("保密\t仅限负责人、文员阅读", "可复印\t负责人", "可带出\t负责人", "同意人\t负责人"):
        assert line in lines


def test_a_form_that_everybody_in_the_unit_reads_is_not_called_confidential(capsys: pytest.CaptureFixture[str]) -> None:
    use_language("en")
    assert not any(
        line.startswith(("Confidential", "Copied by", "Taken out by", "Consent of")) for line in shown(capsys)
    )
