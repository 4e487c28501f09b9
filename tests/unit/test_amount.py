"""A count is said with the noun that goes with it, in both languages."""

import pytest

from recordkeeper.amount import amount, amounts
from recordkeeper.language import use_language

NOUNS = ("acts", "archived versions", "events", "files", "objects", "records", "signatures", "subjects")


@pytest.mark.parametrize("noun", NOUNS)
def test_one_is_no_plural(noun: str) -> None:
    use_language("en")
    assert amount(noun, 1) == f"1 {noun[:-1]}"
    assert (amount(noun, 0), amount(noun, 2)) == (f"0 {noun}", f"2 {noun}")


def test_several_stand_one_after_the_other() -> None:
    use_language("en")
    assert amounts(records=1, archived_versions=3) == "1 record, 3 archived versions"
    use_language("zh")
    assert amounts(records=1, archived_versions=3) == "1 份记录、3 个归档版本"
