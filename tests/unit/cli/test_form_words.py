"""Every word of the grammar's closed lists has a name on the screen."""

from collections.abc import Callable
from typing import get_args

import pytest

from recordkeeper.cli import form_words
from recordkeeper.model.form import FormKind, RetentionRule, SheetRule


@pytest.mark.parametrize(
    ("words", "name_of"),
    [
        (get_args(FormKind), form_words.kind_name),
        (get_args(SheetRule.model_fields["by"].annotation), form_words.grouping_name),
        (get_args(RetentionRule.model_fields["trigger"].annotation), form_words.trigger_name),
        (get_args(RetentionRule.model_fields["action"].annotation), form_words.action_name),
    ],
)
def test_every_word_has_a_name(words: tuple[str, ...], name_of: Callable[[str], str]) -> None:
    names = [name_of(word) for word in words]
    assert len(words) > 1
    assert len(set(names)) == len(words)
