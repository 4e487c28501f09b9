"""What is shown: tables, struck text and messages, in a terminal and elsewhere."""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from recordkeeper.cli.outcome import OutputLost
from recordkeeper.cli.output import plain, print_json, print_table, print_text, printable, progress, say
from recordkeeper.model.rich_text import Span, Style

AMENDED = (Span("旧值", Style.STRUCK), Span("新值", Style.NEW), Span("①", Style.MARK))


def test_struck_text_is_bracketed_where_it_cannot_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    print_text(AMENDED)
    assert capsys.readouterr().out == "[-旧值-]{+新值+}①\n"


def test_a_table_is_one_line_a_row_where_it_cannot_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["编号", "值"], [[1, AMENDED], ["2", "two\nlines\tand a tab"], [3, None]])
    assert capsys.readouterr().out == "编号\t值\n1\t[-旧值-]{+新值+}①\n2\ttwo lines and a tab\n3\t\n"


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Called in the test itself: before it begins, the captured streams are others."""
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_struck_text_is_drawn_struck_in_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)
    print_text(AMENDED)
    print_table(["值"], [[AMENDED]])
    text, table = capsys.readouterr().out.split("\n", 1)
    for shown in (text, table):
        assert "\x1b[9m旧值\x1b[0m" in shown
        assert "[-" not in shown


def test_markup_in_data_is_shown_as_it_stands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)
    print_text("[bold]x[/bold] :smile:")
    print_table(["[red]"], [["[link=a]b"]])
    shown = capsys.readouterr().out
    assert "[bold]x[/bold] :smile:" in shown
    assert "[link=a]b" in shown


def test_control_characters_of_data_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("\x1b]0;title\x07 \u202e\u0085 水管")
    assert capsys.readouterr().err == "\\x1b]0;title\\x07 \\u202e\\x85 水管\n"
    assert printable("全角\u3000空格 é\n") == "全角\u3000空格 é\n"
    assert plain((Span("\x1b[31m", Style.STRUCK),)) == "[-\\x1b[31m-]"


def test_json_is_one_readable_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"名": ["水管", 1, None]})
    shown = capsys.readouterr().out
    assert json.loads(shown) == {"名": ["水管", 1, None]}
    assert "水管" in shown


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("work", 2) as advance:
        advance()
        advance(1)
    assert capsys.readouterr() == ("", "")


def test_progress_shows_only_work_that_takes_over_a_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch)
    with progress("quick", 2) as advance:
        advance()
    assert "quick" not in capsys.readouterr().err
    monkeypatch.setattr("recordkeeper.cli.output._PROGRESS_AFTER_SECONDS", 0.0)
    with progress("slow", 2) as advance:
        advance()
        advance()
    shown = capsys.readouterr()
    assert "slow" in shown.err
    assert shown.out == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_result_that_cannot_be_written_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - closing it fails as well
    monkeypatch.setattr("sys.stdout", full)
    with pytest.raises(OutputLost, match="space"):
        print_json({})
    with suppress(OSError):
        full.close()
