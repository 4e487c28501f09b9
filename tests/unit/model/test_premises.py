from datetime import UTC, date, datetime, timedelta

import pytest

from recordkeeper.errors import InvalidInputError, RefusalError
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History, head_act
from recordkeeper.model.particulars import NothingAmendedError, Period
from recordkeeper.model.premises import AlreadyOccupiesError, DoesNotOccupyError, Premises
from recordkeeper.model.replay import UnreadableActError
from recordkeeper.model.value import TextRefusedError

NOW = datetime(2026, 11, 23, 6, 5, 4, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


class Story:
    """Acts of premises, told one after another through the model's own decisions."""

    def __init__(self, **given: str) -> None:
        self.history = History("premises/31", (head_act("premises/31", "00" * 16),))
        self.tell(Premises.add(by="person/1", at=NOW, **({"unit": "unit/2", "code": "3-2-1201"} | given)))

    def tell(self, content: Content) -> "Story":
        self.history = self.history.followed_by(content)
        return self

    @property
    def premises(self) -> Premises:
        return Premises.replay(self.history)

    def occupy(self, party: str, capacity: str, first: date = TODAY, last: date | None = None) -> "Story":
        return self.tell(
            self.premises.occupy(
                by="person/1",
                at=NOW,
                party=party,
                name=f"name of {party}",
                capacity=capacity,
                valid_from=first,
                valid_to=last,
            )
        )


def test_a_code_of_three_parts_says_building_unit_and_room() -> None:
    premises = Story().premises
    assert (premises.building, premises.unit_no, premises.room, premises.kind) == (
        "3",
        "2",
        "1201",
        "dwelling",
    )
    assert premises.facts["code"] == "3-2-1201"


def test_given_parts_win_over_those_of_the_code() -> None:
    premises = Story(building="3幢", kind="shop").premises
    assert (premises.building, premises.unit_no, premises.kind) == ("3幢", "2", "shop")
    assert Story(code="商铺12").premises.building == ""


@pytest.mark.parametrize("code", ["", "-1", "1-", "a b", "a\x00", "../..", "x" * 41, "1;2"])
def test_a_code_is_letters_digits_and_a_few_signs(code: str) -> None:
    with pytest.raises(TextRefusedError):
        Story(code=code)


def test_an_unknown_kind_or_a_long_part_is_refused() -> None:
    with pytest.raises(TextRefusedError):
        Story(kind="castle")
    with pytest.raises(TextRefusedError):
        Story(room="x" * 41)


def test_occupants_are_known_for_every_day() -> None:
    premises = Story().occupy("party/1", "owner", TODAY - 9 * DAY).occupy("party/2", "tenant", TODAY, TODAY).premises
    on = {offset: [item.party for item in premises.occupants_on(TODAY + offset * DAY)] for offset in (-1, 0, 1)}
    assert on == {-1: ["party/1"], 0: ["party/1", "party/2"], 1: ["party/1"]}


def test_a_party_occupies_once_in_one_capacity_at_one_time() -> None:
    story = Story().occupy("party/1", "owner").occupy("party/1", "resident").occupy("party/2", "owner")
    with pytest.raises(AlreadyOccupiesError) as refused:
        story.occupy("party/1", "owner", TODAY + DAY)
    assert isinstance(refused.value, RefusalError)
    assert refused.value.found == "name of party/1"


def test_a_party_that_moves_out_stays_in_the_past() -> None:
    story = Story().occupy("party/1", "tenant", TODAY - 9 * DAY)
    left = story.premises.vacate(by="person/1", at=NOW, party="party/1", name="冯晓峰", capacity="tenant", on=TODAY)
    premises = story.tell(left).premises
    assert premises.occupancies[0].period == Period(TODAY - 9 * DAY, TODAY)
    assert premises.occupants_on(TODAY + DAY) == ()
    with pytest.raises(DoesNotOccupyError) as refused:
        premises.vacate(by="person/1", at=NOW, party="party/1", name="冯晓峰", capacity="tenant", on=TODAY + DAY)
    assert isinstance(refused.value, InvalidInputError)
    assert "冯晓峰" in str(refused.value)
    assert len(story.occupy("party/1", "tenant", TODAY + DAY).premises.occupancies) == 2


def test_an_unknown_capacity_or_a_backward_period_is_refused() -> None:
    with pytest.raises(TextRefusedError):
        Story().occupy("party/1", "guest")
    with pytest.raises(TextRefusedError):
        Story().occupy("party/1", "owner", TODAY, TODAY - DAY)


def test_an_amendment_keeps_the_old_value_in_the_acts() -> None:
    story = Story()
    story.tell(story.premises.amend(by="person/1", at=NOW, building="3号楼"))
    assert (story.premises.building, story.history.acts[1].content["building"]) == ("3号楼", "3")
    with pytest.raises(NothingAmendedError):
        story.premises.amend(by="person/1", at=NOW, building="3号楼")


@pytest.mark.parametrize(
    "content",
    [
        {"act": "burn"},
        {"act": "occupy", "party": "party/1"},
        {"act": "amend", "changed": {"code": "1-1-1"}},
        {
            "act": "occupy",
            "party": "party/1",
            "capacity": "owner",
            "valid_from": "yesterday",
            "valid_to": None,
        },
    ],
)
def test_an_act_that_no_release_writes_is_named(content: Content) -> None:
    with pytest.raises(UnreadableActError):
        Premises.replay(Story().history.followed_by(content))


def test_vacating_what_was_never_occupied_cannot_be_replayed() -> None:
    content = {"act": "vacate", "party": "party/1", "capacity": "owner", "on": "2026-11-23"}
    with pytest.raises(UnreadableActError):
        Premises.replay(Story().history.followed_by(content))
