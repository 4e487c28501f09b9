"""Numbers that hold dots, and numbers that several forms print without their last part."""

from contextlib import closing

import pytest

from company import Company, Scene
from recordkeeper import verifier
from recordkeeper.model.record_state import State
from recordkeeper.services.catalogue import SharedSpellingError, code_of
from recordkeeper.services.retrieval import load
from recordkeeper.services.verification import verify
from trial_procedure import definition, install

CODE = "TJ-WY7.5.4-K02-F1"
TEXT = {"title": {"zh": "物品", "en": "Item"}, "type": "text"}
SIGNED = {"sign": "one", "meaning": "received"}


def form(code: str, **more: object) -> dict[str, object]:
    section = {"id": "taken", "title": {"zh": "接收", "en": "Taken"}, "by": "field_staff", **SIGNED}
    return definition(code, {**section, "fields": [{"id": "thing", **TEXT}]}, **more)


def test_a_record_of_a_form_with_dots_in_its_code_is_kept_found_archived_and_verified(company: Company) -> None:
    install(company, form(CODE, aliases=["tj__wy7.5.4-k02-f1"]))
    number = company.new("clerk", "tj__WY7.5.4-K02-F1", {"thing": "空调两台"})
    assert number == f"{CODE}/2026-0001"
    company.sign("clerk", "tj__wy7.5.4-k02-f1/2026-0001")
    with company.register.reading() as snapshot:
        assert load(snapshot, number.lower()).state is State.CLOSED
    company.publish()
    assert f"record/{number}" in company.storage_root.object_ids()
    with closing(verifier.Medium(company.archive)) as medium:
        alone = verifier.verify(medium, (), ())
    assert not [each for each in verifier.ASPECTS if alone.answer(each) == verifier.ALTERED]


def test_verify_finds_nothing_wrong_with_numbers_that_hold_dots(begun_scene: Scene, without_libreoffice: None) -> None:
    with begun_scene.opened() as company:
        install(company, form(CODE))
        for _time in range(2):
            company.sign("clerk", company.new("clerk", CODE, {"thing": "钥匙一串"}))
        company.publish()
    assert str(verify(begun_scene.url, begun_scene.archive).verdict) == "ok"


def test_a_number_printed_without_its_last_part_lists_the_forms_that_print_it_and_takes_none(company: Company) -> None:
    install(
        company, form("QR-C-01", printed_prefix="qr-c"), form("QR-C-02"), form("QR-C-06", printed_prefix="qr-c"),
        form("QR-D-01", printed_prefix="qr-d"),
    )  # fmt: skip
    with company.register.reading() as snapshot:
        with pytest.raises(SharedSpellingError) as shared:
            code_of(snapshot, "QR-C")
        assert shared.value.expected == "QR-C-01, QR-C-06"
        with pytest.raises(SharedSpellingError) as single:
            code_of(snapshot, "qr-d")
        assert single.value.expected == "QR-D-01"
        assert code_of(snapshot, "qr-c-02") == "QR-C-02"
