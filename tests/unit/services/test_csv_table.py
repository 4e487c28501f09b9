"""Tables as spreadsheets write them, and as they read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordkeeper.services.csv_table import UnreadableTableError, format_table, guarded, read_lines, unguarded


@given(st.text())
def test_a_guarded_text_is_never_taken_for_a_formula_and_comes_back(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1"])
def test_what_looks_like_a_formula_gets_an_apostrophe(formula: str) -> None:
    assert guarded(formula) == f"'{formula}"


@pytest.mark.parametrize("text", ["", "业主", "'it", "1-2", "a=b"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert (guarded(text), unguarded(text)) == (text, text)


def test_a_written_table_is_read_again() -> None:
    rows = [["1", 'a "b", c'], ["2", "第一行\n第二行"]]
    data = format_table(["no", "text"], rows)
    assert data.startswith(b"\xef\xbb\xbf")
    assert [cells for _number, cells in read_lines(data, "t.csv")] == [["no", "text"], *rows]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xfe\xff\xff\xff", b'a,b\n"open\n'])
def test_bytes_that_are_no_table_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableTableError):
        read_lines(data, "t.csv")
