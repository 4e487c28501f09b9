"""The fonts of the house style, and which characters of a text need another one than their neighbours.

Names that Word in China has. A box, a circled number, an arrow or a mathematical sign that falls to a Latin font
prints as an empty box or too narrow; such characters get a run of their own.
"""

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

SONG, FANG, HEI = "宋体", "仿宋", "黑体"
TIMES, ARIAL = "Times New Roman", "Arial"
BOX_FONT = "Segoe UI Symbol"

Kind: TypeAlias = Literal["text", "symbol", "box"]

_BOXES = "☐☑☒"
_SYMBOLS = "①-⑳→←↑↓√×÷≥≤≠±＝″′℃№"
_PUNCTUATION = "“”‘’…—·"  # narrow in a Latin font, full width in a Chinese one
_ATOMS = re.compile(f"([{_BOXES}]+)|([{_SYMBOLS}]+)")
_ATOMS_IN_CHINESE = re.compile(f"([{_BOXES}]+)|([{_SYMBOLS}{_PUNCTUATION}]+)")
_ANY_ATOM = re.compile(f"[{_BOXES}{_SYMBOLS}{_PUNCTUATION}]")
_CHINESE = re.compile("[\u3000-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


LATIN_EMS, BETWEEN_SCRIPTS_EMS = 0.5, 0.25  # as of digits in Times New Roman
_NARROW = re.compile("[\x20-\u02af]")
_SCRIPTS_MEET = re.compile("(?<=[0-9A-Za-z])(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[0-9A-Za-z])")


def width_in_ems(text: str) -> float:
    """How wide ``text`` is set, roughly, in Chinese characters; Word leaves a little white where scripts meet."""
    narrow = len(_NARROW.findall(text))
    return len(text) - narrow * (1 - LATIN_EMS) + len(_SCRIPTS_MEET.findall(text)) * BETWEEN_SCRIPTS_EMS


def has_several_fonts(text: str) -> bool:
    """Whether ``atoms`` may find more in ``text`` than one piece of ordinary text."""
    return _ANY_ATOM.search(text) is not None


def atoms(text: str) -> Iterator[tuple[Kind, str]]:
    """``text`` in pieces that one font can set, each with its kind."""
    begin = 0
    for match in (_ATOMS_IN_CHINESE if _CHINESE.search(text) else _ATOMS).finditer(text):
        if match.start() > begin:
            yield "text", text[begin : match.start()]
        yield "box" if match.group(1) else "symbol", match.group()
        begin = match.end()
    if begin < len(text):
        yield "text", text[begin:]
