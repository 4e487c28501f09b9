"""Bags: what is written is read again and accepted by bagit-python; whatever somebody else made wrongly is refused."""

import errno
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from recordkeeper.bagit.bag import digest_of, format_manifest
from recordkeeper.bagit.reader import BagReader, BagRefusedError, NoSuchBagError
from recordkeeper.bagit.writer import BagExistsError, BagWriter, UnwritableBagError

ROOM = 10_000_000


def written(path: Path) -> Path:
    with BagWriter(path) as bag:
        bag.add("record.json", b"{}")
        bag.add_blocks("deep/照片 100%.txt", [b"one", b"two"])
        bag.add("empty", b"")
        bag.add_tag("index.html", b"<html>")
        bag.finish([("Source-Organization", "示范物业\n公司"), ("Bagging-Date", "2026-11-23")])
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in contents.items():
            file.writestr(name, data)
    return path


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    with BagReader(written(tmp_path / "bag.zip"), ROOM) as bag:
        bag.verify()
        assert bag.names("data/") == ["data/deep/照片 100%.txt", "data/empty", "data/record.json"]
        assert bag.read("data/deep/照片 100%.txt", 100) == b"onetwo"
        assert bag.info["Source-Organization"] == "示范物业 公司"
        assert bag.info["Payload-Oxum"] == "8.3"
        assert bag.extract("data/", tmp_path / "out") == 3
    assert (tmp_path / "out" / "deep" / "照片 100%.txt").read_bytes() == b"onetwo"
    assert stat.S_IMODE((tmp_path / "bag.zip").stat().st_mode) == 0o600


def test_bagit_python_accepts_what_we_write(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path / "bag.zip")) as packed_bag:
        packed_bag.extractall(tmp_path / "out")
    found = bagit.Bag(str(tmp_path / "out" / "bag"))
    found.validate()
    assert found.info["Bagging-Date"] == "2026-11-23"
    (tmp_path / "out" / "bag" / "data" / "record.json").write_bytes(b"[]")
    assert not found.is_valid()


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = written(tmp_path / "bag.zip"), written(tmp_path / "other" / "bag.zip")
    assert first.read_bytes() == second.read_bytes()


def test_a_bag_is_whole_or_is_not_there(tmp_path: Path) -> None:
    def interrupted() -> None:
        with BagWriter(tmp_path / "bag.zip") as bag:
            bag.add("a", b"a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []
    written(tmp_path / "bag.zip")
    with pytest.raises(BagExistsError):
        BagWriter(tmp_path / "bag.zip")
    with pytest.raises(UnwritableBagError):
        BagWriter(tmp_path / "absent" / "bag.zip")


@pytest.mark.parametrize("has_links", [True, False])
def test_no_file_of_another_is_overwritten_or_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    """Not one that comes there at the last moment, nor one beside it; on a memory stick no file has two names."""
    path, link = tmp_path / "bag.zip", os.link
    beside = tmp_path / ".bag.zip.incoming"
    beside.write_bytes(b"mine")

    def named(source: Path, place: Path) -> None:
        if not has_links:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        link(source, place)

    def interrupted() -> None:
        with BagWriter(path) as bag:
            bag.add("a", b"a")
            path.write_bytes(b"another's")
            bag.finish([])

    monkeypatch.setattr(os, "link", named)
    with pytest.raises(BagExistsError):
        interrupted()
    assert path.read_bytes() == b"another's"
    path.unlink()
    written(path)
    assert beside.read_bytes() == b"mine"
    assert sorted(each.name for each in tmp_path.iterdir()) == [beside.name, path.name]


def test_what_a_killed_process_left_is_cleared_by_the_next_bag_and_what_a_living_one_writes_is_not(
    tmp_path: Path,
) -> None:
    with BagWriter(tmp_path / "living.zip") as living:
        living.add("a", b"a")
        program = "import os, sys; from pathlib import Path; from recordkeeper.bagit.writer import BagWriter\n"
        program += "BagWriter(Path(sys.argv[1])).add('a', b'a'); os.kill(os.getpid(), 9)"
        killed = subprocess.run([sys.executable, "-c", program, tmp_path / "killed.zip"], check=False)
        assert killed.returncode == -9
        assert len(list(tmp_path.glob(".recordkeeper-*.incoming"))) == 2
        written(tmp_path / "bag.zip")
        assert len(list(tmp_path.glob(".*"))) == 1
        living.finish([])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bag.zip", "living.zip"]


Break = Callable[[dict[str, bytes]], object]
BREAKS: dict[str, Break] = {
    "another byte": lambda bag: bag.update({"bag/data/record.json": b"[]"}),
    "a file more": lambda bag: bag.update({"bag/data/more": b""}),
    "a file more beside the payload": lambda bag: bag.update({"bag/more": b""}),
    "a file less": lambda bag: bag.pop("bag/data/empty"),
    "no manifest": lambda bag: bag.pop("bag/manifest-sha512.txt"),
    "no declaration": lambda bag: bag.pop("bag/bagit.txt"),
    "another declaration": lambda bag: bag.update({"bag/bagit.txt": b"BagIt-Version: 0.97\n"}),
    "a path out of the bag": lambda bag: bag.update({"bag/../../etc/cron.d/x": b"x"}),
    "an absolute path": lambda bag: bag.update({"/etc/cron.d/x": b"x"}),
    "a drive": lambda bag: bag.update({"bag/data/C:/x": b"x"}),
    "a backslash": lambda bag: bag.update({"bag/data/..\\x": b"x"}),
    "two bags": lambda bag: bag.update({"other/bagit.txt": b""}),
    "a file that is a folder": lambda bag: bag.update({"bag/data/record.json/x": b""}),
    "a manifest that names a tag": lambda bag: bag.update(
        {"bag/manifest-sha512.txt": bag["bag/manifest-sha512.txt"] + format_manifest({"index.html": "0" * 128})}
    ),
    "a manifest that names what is not there": lambda bag: bag.update(
        {"bag/manifest-sha512.txt": bag["bag/manifest-sha512.txt"] + format_manifest({"data/none": "0" * 128})}
    ),
    "a manifest that leads out": lambda bag: bag.update(
        {"bag/manifest-sha512.txt": bag["bag/manifest-sha512.txt"] + format_manifest({"data/../../x": "0" * 128})}
    ),
    "a manifest that is none": lambda bag: bag.update({"bag/manifest-sha512.txt": b"\xff\xfe"}),
    "a changed manifest with its file": lambda bag: bag.update(
        {
            "bag/data/record.json": b"[]",
            "bag/manifest-sha512.txt": bag["bag/manifest-sha512.txt"].replace(
                digest_of(b"{}").encode(), digest_of(b"[]").encode()
            ),
        }
    ),
    "a bomb": lambda bag: bag.update({"bag/data/record.json": bytes(9_000_000)}),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_bag_that_was_made_wrongly_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    contents = members(written(tmp_path / "bag.zip"))
    BREAKS[name](contents)
    file = packed(tmp_path / "broken.zip", contents)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BagRefusedError), BagReader(file, ROOM) as bag:
        bag.verify()
    assert sorted(tmp_path.rglob("*")) == before


def test_links_doubled_and_encrypted_members_are_refused(tmp_path: Path) -> None:
    contents = members(written(tmp_path / "bag.zip"))
    link = zipfile.ZipInfo("bag/data/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    pipe = zipfile.ZipInfo("bag/data/pipe")
    pipe.external_attr = (stat.S_IFIFO | 0o666) << 16
    for name, member in (("link", link), ("pipe", pipe), ("doubled", zipfile.ZipInfo("bag/data/record.json"))):
        file = packed(tmp_path / f"{name}.zip", contents)
        with zipfile.ZipFile(file, "a") as appended, pytest.warns() if name == "doubled" else _nothing():
            appended.writestr(member, b"/etc/passwd")
        with pytest.raises(BagRefusedError):
            BagReader(file, ROOM)


class _nothing:  # noqa: N801 - stands beside pytest.warns
    def __enter__(self) -> None: ...

    def __exit__(self, *_error: object) -> None: ...


def test_what_has_no_room_is_no_zip_or_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BagRefusedError, match="unpacked"):
        BagReader(written(tmp_path / "bag.zip"), 100)
    (tmp_path / "text.zip").write_bytes(b"Dear Sir or Madam")
    with pytest.raises(BagRefusedError, match="no zip"):
        BagReader(tmp_path / "text.zip", ROOM)
    with pytest.raises(NoSuchBagError):
        BagReader(tmp_path / "absent.zip", ROOM)
