"""The language of every text a person reads; English is the source, Chinese the catalogue.

Binds the process to one language through the standard library's gettext, so that click's own
messages follow too. It translates nothing itself and knows no texts.
"""

import gettext
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

LANGUAGES = ("zh", "en")
DOMAIN = "recordkeeper"
_CATALOGUES = Path(__file__).parent / "locale"


def use_language(language: str) -> None:
    """Make ``language`` (``zh`` or ``en``) the language of this process.

    Must be called before command modules are imported: they compose their help texts on import.
    """
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, _CATALOGUES)
    gettext.textdomain(DOMAIN)


def current_language() -> str:
    """The language in use, ``zh`` or ``en``."""
    return "en" if os.environ.get("LANGUAGE", "").startswith("en") else "zh"


def preferred_language(environment: Mapping[str, str], otherwise: Callable[[], str | None] = lambda: None) -> str:
    """The language that LC_ALL or LANG asks for; where that is neither, what ``otherwise`` finds, else Chinese."""
    locale = (environment.get("LC_ALL") or environment.get("LANG") or "").lower()
    asked = next((language for language in LANGUAGES if locale.startswith(language)), None)
    return asked or otherwise() or LANGUAGES[0]


def translate(text: str) -> str:
    """``text`` in the language in use; the usual name at the place of use is ``_``."""
    return gettext.gettext(text)


def translation_to(language: str) -> Callable[[str], str]:
    """What says a text in ``language``, whichever is in use."""
    return gettext.translation(DOMAIN, _CATALOGUES, [language], fallback=True).gettext


def ngettext(one: str, many: str, count: int) -> str:
    """The one of two texts that goes with ``count`` in the language in use; ``{count}`` is still to be put in."""
    return gettext.ngettext(one, many, count)


def listing(names: Iterable[str]) -> str:
    """``names`` one after the other, as the language in use parts the items of a list."""
    return translate(", ").join(names)


def clauses(texts: Iterable[str]) -> str:
    """Findings and reasons one after the other, as the language in use parts clauses that hold commas themselves."""
    return translate("; ").join(texts)


def noted(name: str, note: object) -> str:
    """``name`` with a note in the brackets of the language in use."""
    return translate("{name} ({note})").format(name=name, note=note)


def told_of(name: object, value: object) -> str:
    """What is said of ``name``, after the colon of the language in use."""
    return translate("{name}: {value}").format(name=name, value=value)
