import pytest

from recordkeeper.model.print_code import (
    LONGEST,
    SAMPLE_TOKEN,
    TOKEN_CHARACTERS,
    MisreadCodeError,
    PrintCode,
    check_character,
    parse_print_code,
)

TOKEN = "ABCDEFGHJK"
CODES = [PrintCode(TOKEN, 1), PrintCode(TOKEN, 12, page=3), PrintCode("23456789ZY", 3, row_acts=57),
    PrintCode(TOKEN, 12, page=0), PrintCode(TOKEN, 12, page=2, pages=13), PrintCode(TOKEN, 3, 1, 57, 2)]  # fmt: skip


@pytest.mark.parametrize("code", CODES, ids=str)
def test_a_code_is_read_back_as_it_was_written(code: PrintCode) -> None:
    assert parse_print_code(str(code)) == code


def test_it_says_token_act_page_and_for_a_sheet_the_acts_of_its_rows() -> None:
    assert str(PrintCode(TOKEN, 12, page=3))[:-1] == "ABCDEFGHJK-12-3-"
    assert str(PrintCode(TOKEN, 3, row_acts=57))[:-1] == "ABCDEFGHJK-3.57-1-"
    assert str(PrintCode(TOKEN, 12, page=2, pages=3))[:-1] == "ABCDEFGHJK-12-2.3-"


def test_the_longest_plausible_code_fits() -> None:
    assert len(str(PrintCode(TOKEN, 999, page=99, row_acts=99_999, pages=99))) <= LONGEST


def test_no_token_looks_like_the_sample_or_like_another_character() -> None:
    assert not set(SAMPLE_TOKEN) & set(TOKEN_CHARACTERS)
    assert not set("IO01") & set(TOKEN_CHARACTERS)


def test_the_check_character_is_that_of_the_standard() -> None:
    # the example of ISO/IEC 7064, MOD 37,36, in the Global Release Identifier
    assert check_character("A12425GABC1234002") == "M"


@pytest.mark.parametrize("code", CODES, ids=str)
def test_every_misread_character_is_found(code: PrintCode) -> None:
    text = str(code)
    for index, own in enumerate(text):
        for other in set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.") - {own}:
            with pytest.raises(MisreadCodeError):
                parse_print_code(text[:index] + other + text[index + 1 :])


@pytest.mark.parametrize("text", ["", "https://example.invalid/", "ABCDEFGHJK-12-1", "ＡBCDEFGHJK-12-1-7", "x" * 99])
def test_another_kind_of_code_is_refused(text: str) -> None:
    with pytest.raises(MisreadCodeError, match="print code"):
        parse_print_code(text)
