import json

import pytest

from recordkeeper.ocfl.inventory import (
    DamagedInventoryError,
    PreparedVersion,
    UnusableNameError,
    parse_inventory,
    prepare_version,
)
from recordkeeper.ocfl.inventory_check import inventory_faults


def prepare(files: dict[str, bytes], previous: bytes | None = None) -> PreparedVersion:
    return prepare_version(
        "record/1",
        previous,
        files,
        created="2026-11-23T06:05:04Z",
        message="归档",
        user_name="program",
        user_address="urn:recordkeeper:program",
    )


def test_equal_input_in_any_order_gives_equal_bytes() -> None:
    assert prepare({"a": b"1", "b": b"2"}) == prepare({"b": b"2", "a": b"1"})


def test_bytes_of_an_earlier_version_are_not_stored_again() -> None:
    first = prepare({"a": b"1", "b": b"2"})
    second = prepare({"a": b"1", "c": b"2", "d": b"3"}, first.inventory)
    assert second.number == 2
    assert second.contents == {"v2/content/d": b"3"}
    inventory = parse_inventory(second.inventory, "record/1")
    found = inventory.content_of("c", 2)
    assert found is not None
    assert found[1] == "v1/content/b"
    assert inventory.content_of("b", 2) is None
    assert inventory.content_of("b", 1) is not None


def test_equal_bytes_within_a_version_are_stored_once() -> None:
    assert prepare({"a": b"1", "b": b"1"}).contents == {"v1/content/a": b"1"}


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "../a", "a/./b", "a/..", "\ud800"])
def test_a_logical_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(UnusableNameError):
        prepare({path: b""})


def test_a_name_cannot_be_file_and_folder_at_once() -> None:
    with pytest.raises(UnusableNameError):
        prepare({"a": b"1", "a/b": b"2"})


@pytest.mark.parametrize("name", ["a\nb", "a\\b", "a\x00", "长" * 100])
def test_a_name_no_file_system_may_hold_is_kept_as_data(name: str) -> None:
    version = prepare({name: b"1"})
    (content_path,) = version.contents
    assert content_path.startswith("v1/content/by-digest/")
    assert parse_inventory(version.inventory, "record/1").content_of(name, 1) is not None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        b"[" * 100_000,
        b'{"id":"record/1","head":"v1","manifest":{},"versions":{}}',
    ],
)
def test_nothing_is_built_upon_a_damaged_inventory(data: bytes) -> None:
    with pytest.raises(DamagedInventoryError):
        prepare({"a": b"1"}, data)


def test_nothing_is_built_upon_the_inventory_of_another_object() -> None:
    with pytest.raises(DamagedInventoryError):
        parse_inventory(prepare({"a": b"1"}).inventory, "record/2")


def test_an_inventory_we_write_has_no_faults() -> None:
    first = prepare({"a": b"1", "b/c": b"2"})
    assert inventory_faults(json.loads(first.inventory)) == []
    assert inventory_faults(json.loads(prepare({"a": b"3"}, first.inventory).inventory)) == []


@pytest.mark.parametrize("value", [None, 1, "x", [], {}])
def test_what_is_no_inventory_at_all_is_a_fault(value: object) -> None:
    assert inventory_faults(value)
