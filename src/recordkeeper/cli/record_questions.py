"""A section asked for field by field at a terminal: title, hint, choices, and the question again where it is wrong.

Questions go to stderr, so that stdout holds the result alone.
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import click

from recordkeeper.cli.output import printable, say
from recordkeeper.language import current_language
from recordkeeper.language import translate as _
from recordkeeper.model.record import Record
from recordkeeper.model.record_guard import ValuesRefusedError
from recordkeeper.model.value import SCALE_NAMES

if TYPE_CHECKING:
    from recordkeeper.model.canonical import Json
    from recordkeeper.model.section import FormField
    from recordkeeper.services.entry import Entry, Offer

NOTHING = "-"


def act_on_answers(entry: "Entry", act: Callable[[dict[str, object]], Record]) -> Record:
    """Ask for every field of the section, then act; what the act still refuses is asked for again.

    Raises:
        ValuesRefusedError: a refusal that no answer here can mend.
        Others: as ``act``.
    """
    answers = _Answers(entry)
    if entry.section.fields:
        say(
            _("{section}: Enter takes what stands in brackets, - leaves a field empty").format(
                section=entry.section.title.in_language(current_language())
            )
        )
    answers.ask({each.id for each in entry.section.fields})
    while True:
        try:
            return act(answers.typed)
        except ValuesRefusedError as error:
            again = {problem.field.partition(".")[0] for problem in error.problems}
            if not again & set(answers.typed):
                raise
            say(str(error))
            answers.ask(again)


class _Answers:
    """What was answered so far: as typed, and as values."""

    def __init__(self, entry: "Entry") -> None:
        self.entry = entry
        self.typed: dict[str, object] = {}
        self.values: dict[str, Json] = {}

    def ask(self, names: Collection[str]) -> None:
        """Ask for the fields of these names, in the order of the form."""
        for each in self.entry.section.fields:
            if each.id not in names:
                continue
            self.values.pop(each.id, None)
            self.typed[each.id] = ""
            if self.entry.is_asked(each, self.values):
                self._ask_until_right(each)

    def _ask_until_right(self, each: "FormField") -> None:
        while True:
            typed = self._ask_rows(each) if each.type == "rows" else self._ask_once(each)
            value, problems = self.entry.check(each, typed, self.values)
            if not problems:
                break
            for problem in problems:
                say(_("expected {expected}, found {found}").format(expected=problem.expected, found=problem.found))
        self.typed[each.id] = typed
        if value is not None:
            self.values[each.id] = value

    def _ask_once(self, each: "FormField") -> object:
        offer = self.entry.offers.get(each.id)
        answer = _prompt(each, offer, is_required=self.entry.is_required(each, self.values))
        if not answer and offer is not None:
            return offer.typed
        if answer == NOTHING:
            return ""
        return _more_lines(answer) if each.type == "text" and each.lines > 1 and answer else _chosen(each, answer)

    def _ask_rows(self, each: "FormField") -> object:
        offer = self.entry.offers.get(each.id)
        title = each.title.in_language(current_language())
        if offer is not None and click.confirm(
            _("{title}: keep {rows}?").format(title=title, rows=offer.text), default=True, err=True
        ):
            return offer.typed
        rows: list[dict[str, object]] = []
        while click.confirm(
            _("{title}: enter row {number}?").format(title=title, number=len(rows) + 1), default=not rows, err=True
        ):
            answers: dict[str, object] = {
                c.id: _chosen(c, _prompt(c, None, is_required=c.required)) for c in each.columns
            }
            _value, problems = self.entry.check(each, [answers], self.values)
            for problem in problems:
                say(str(problem))
            if not problems:
                rows.append(answers)
        return rows


def _prompt(each: "FormField", offer: "Offer | None", *, is_required: bool) -> str:
    language = current_language()
    if each.hint is not None:
        say(f"  {each.hint.in_language(language)}")
    for number, (_identifier, name) in enumerate(_options(each), 1):
        say(f"  {number}  {name}")
    title = each.title.in_language(language) + ("" if is_required else _(" (optional)"))
    if each.type == "yes_no":
        title += _(" (yes or no)")
    if each.multiple:
        title += _(" (one or more, with commas)")
    if each.type == "text" and each.lines > 1:
        title += _(" (an empty line ends it)")
    if offer is not None:
        title += " [" + printable(offer.text).replace("\n", " ⏎ ") + "]"
    return str(click.prompt(title, default="", show_default=False, err=True))


def _options(each: "FormField") -> list[tuple[str, str]]:
    """Id and name of each choice, in the order of their numbers."""
    if each.type == "scale":
        return [(step, names[current_language() == "en"]) for step, names in SCALE_NAMES.items()]
    return [(choice.id, choice.in_language(current_language())) for choice in each.choices]


def _chosen(each: "FormField", answer: str) -> str:
    """The answer with each number of a choice replaced by its id."""
    options = _options(each)
    if not options:
        return answer
    parts = answer.replace("，", ",").replace("、", ",").split(",") if each.multiple else [answer]
    numbered = {str(number): identifier for number, (identifier, _name) in enumerate(options, 1)}
    return ",".join(numbered.get(part.strip(), part) for part in parts)


def _more_lines(first: str) -> str:
    lines = [first]
    while line := str(click.prompt("", default="", show_default=False, prompt_suffix="  ", err=True)):
        lines.append(line)
    return "\n".join(lines)
