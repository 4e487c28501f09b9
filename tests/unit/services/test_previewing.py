"""Previews: examples through real acts, in memory alone."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

import pytest

from p02_office import P02
from recordkeeper.model.form import Form
from recordkeeper.model.rich_text import Style, text_of_spans
from recordkeeper.services.definition import load_form
from recordkeeper.services.previewing import NoExampleError, Variant, preview_context

TODAY = date(2026, 11, 23)
CODES = ("QR-017-01", "QR-017-02", "QR-017-03", "QR-017-04", "QR-102-01")
ROLES = {"quality": "质量管理部", "duty_clerk": "值班员"}


def form_of(code: str) -> Form:
    return load_form((P02 / f"{code}.yaml").read_text("utf-8"), code)


def context_of(code: str, variant: Variant) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", preview_context(form_of(code), variant, TODAY, ROLES))


@pytest.mark.parametrize("code", CODES)
def test_every_section_of_a_filled_preview_is_done(code: str) -> None:
    context = context_of(code, Variant.FILLED)
    assert context["record"]["state"] == "closed"
    assert context["record"]["marks"] == "样张"
    assert context["amendments"] == []


@pytest.mark.parametrize("code", CODES)
def test_an_amended_preview_strikes_and_one_amendment_waits(code: str) -> None:
    form = form_of(code)
    context = context_of(code, Variant.AMENDED)
    struck = [span for line in context["amendments"] for span in line["change"] if span.style is Style.STRUCK]
    assert len(struck) >= min(2, sum(len(section.fields) for section in form.sections))
    is_countersigned = form.amendment.countersign is not None
    assert ("待会签" in context["record"]["marks"]) == is_countersigned
    assert ["待会签" in text_of_spans(line["countersigned"]) for line in context["amendments"]].count(True) == (
        1 if is_countersigned else 0
    )


def test_two_sections_are_never_signed_by_one_person() -> None:
    signatures = context_of("QR-017-02", Variant.FILLED)["signature"]
    names = [text_of_spans(block).splitlines()[1] for block in signatures.values()]
    assert len(set(names)) == len(names) == 5
    assert "质量管理部" in text_of_spans(signatures["verified"])


def test_a_long_register_runs_over_more_than_a_page_with_longer_texts() -> None:
    filled, long = (context_of("QR-017-01", variant) for variant in (Variant.FILLED, Variant.LONG))
    assert len(filled["rows"]) == 3
    assert len(long["rows"]) == 13
    assert len(text_of_spans(long["rows"][0]["matter"])) > len(text_of_spans(filled["rows"][0]["matter"]))


def test_long_texts_take_more_lines_than_the_form_gives_them() -> None:
    long = context_of("QR-017-02", Variant.LONG)
    assert len(text_of_spans(long["content"])) > 200
    assert text_of_spans(long["remarks"])


def test_a_blank_preview_holds_no_value() -> None:
    context = context_of("QR-017-02", Variant.BLANK)
    assert context["content"] == ()
    assert context["record"]["number"] == ""


def test_a_form_without_an_example_has_nothing_to_be_filled_with() -> None:
    form = form_of("QR-102-01").model_copy(update={"examples": ()})
    assert preview_context(form, Variant.BLANK, TODAY, {})
    with pytest.raises(NoExampleError):
        preview_context(form, Variant.FILLED, TODAY, {})
