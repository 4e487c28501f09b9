import os
from pathlib import Path

import pytest

from recordkeeper.durable import lock_file, make_folder, open_plain_file, read_plain_file, replace_file, write_new_file


def test_a_file_is_replaced_whatever_a_killed_attempt_left(tmp_path: Path) -> None:
    (tmp_path / "temporary").write_bytes(b"half")
    (tmp_path / "file").write_bytes(b"old")
    replace_file(tmp_path / "file", b"new", tmp_path / "temporary")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert not (tmp_path / "temporary").exists()


def test_replacing_a_link_does_not_write_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"untouched")
    for name in ("file", "temporary"):
        (tmp_path / name).symlink_to(tmp_path / "outside")
    replace_file(tmp_path / "file", b"new", tmp_path / "temporary")
    assert (tmp_path / "outside").read_bytes() == b"untouched"
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_new_file_never_overwrites(tmp_path: Path) -> None:
    write_new_file(tmp_path / "file", b"first")
    with pytest.raises(FileExistsError):
        write_new_file(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"first"


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_plain_file(tmp_path / "file", 5) == b"12345"
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    for path, limit in (("file", 4), ("link", 5), ("pipe", 5), (".", 5), ("missing", 5)):
        with pytest.raises(OSError, match=r".+"):
            read_plain_file(tmp_path / path, limit)
    with pytest.raises(OSError, match="not a regular file"):
        open_plain_file(Path(os.devnull))


def test_a_folder_is_made_with_its_parents_and_refused_below_a_file(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a/b/c").is_dir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match=r".+"):
        make_folder(tmp_path / "file" / "below")


def test_a_lock_is_held_by_one_until_it_is_closed_and_no_link_is_followed(tmp_path: Path) -> None:
    held = lock_file(tmp_path / "lock", 0)
    with pytest.raises(BlockingIOError):
        lock_file(tmp_path / "lock", 0.1)
    os.close(held)
    os.close(lock_file(tmp_path / "lock", 0))
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        lock_file(tmp_path / "link", 0)
    assert not (tmp_path / "elsewhere").exists()
