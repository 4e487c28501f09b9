import pytest

from recordkeeper.tlog.tile_path import ENTRIES, TileName, format_bundle, parse_bundle, parse_tile_path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 0, 256), "tile/0/000"),
        (TileName(3, 1234067, 256), "tile/3/x001/x234/067"),
        (TileName(1, 999, 1), "tile/1/999.p/1"),
        (TileName(ENTRIES, 1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_tiles_are_named_as_the_specification_has_it(name: TileName, path: str) -> None:
    assert name.path == path
    assert parse_tile_path(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/00",
        "tile/00/000",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p",
        "tile/x/000",
        "tile/0/x001",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/entries/../entries/000",
    ],
)
def test_other_spellings_name_no_tile(path: str) -> None:
    assert parse_tile_path(path) is None


def test_bundles_come_back_as_they_were() -> None:
    entries = [b"", b"a", b"x" * 65535]
    assert parse_bundle(format_bundle(entries)) == entries
    assert format_bundle([b"ab"]) == b"\x00\x02ab"


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01ab"])
def test_lengths_that_do_not_fit_are_no_bundle(data: bytes) -> None:
    assert parse_bundle(data) is None
