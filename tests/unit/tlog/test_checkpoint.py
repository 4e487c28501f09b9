import os
from pathlib import Path

import pytest

from recordkeeper.tlog.checkpoint import (
    Checkpoint,
    LogKey,
    MalformedKeyError,
    MalformedNoteError,
    UnsignedNoteError,
    UnusableLogKeyError,
    format_checkpoint,
    note_digest,
    parse_checkpoint,
    previous_line,
    short_checkpoint,
    sign_note,
    unverified_checkpoint,
    verify_note,
)

CHECKPOINT = Checkpoint("example.org/物业", 1042, bytes.fromhex("9f2c77a1" + "00" * 28), ("previous 0 " + "ab" * 32,))


@pytest.fixture(scope="module")
def key() -> LogKey:
    return LogKey.generate("example.org/log")


def test_a_checkpoint_comes_back_as_it_was(key: LogKey) -> None:
    note = sign_note(format_checkpoint(CHECKPOINT), key)
    assert verify_note(note, key.verifier) == CHECKPOINT
    assert unverified_checkpoint(note) == CHECKPOINT
    assert CHECKPOINT.previous == (0, "ab" * 32)
    assert parse_checkpoint(format_checkpoint(CHECKPOINT)) == CHECKPOINT


def test_the_short_form_is_size_and_beginning_of_the_root() -> None:
    assert short_checkpoint(CHECKPOINT) == "1042·9F2C-77A1"


def test_the_line_before_names_size_and_digest(key: LogKey) -> None:
    note = sign_note(format_checkpoint(CHECKPOINT), key)
    following = Checkpoint("example.org/物业", 1043, bytes(32), ("other", previous_line(1042, note)))
    assert following.previous == (1042, note_digest(note))
    assert Checkpoint("a", 0, bytes(32), ("previous x",)).previous is None


def test_every_flipped_byte_of_a_note_is_found(key: LogKey) -> None:
    data = sign_note(format_checkpoint(CHECKPOINT), key).encode()
    for position in range(len(data)):
        for mask in (0x01, 0x02, 0x04, 0x20, 0x80):
            flipped = data[:position] + bytes([data[position] ^ mask]) + data[position + 1 :]
            with pytest.raises((MalformedNoteError, UnsignedNoteError, UnicodeDecodeError)):
                verify_note(flipped.decode(), key.verifier)


def test_every_cut_of_a_note_is_found(key: LogKey) -> None:
    note = sign_note(format_checkpoint(CHECKPOINT), key)
    for length in range(len(note)):
        with pytest.raises((MalformedNoteError, UnsignedNoteError)):
            verify_note(note[:length], key.verifier)


def test_signatures_of_others_beside_ours_are_no_harm_and_no_help(key: LogKey) -> None:
    text = format_checkpoint(CHECKPOINT)
    other = LogKey.generate("witness")
    both = sign_note(text, other) + sign_note(text, key).rpartition("\n\n")[2]
    assert verify_note(both, key.verifier) == CHECKPOINT
    assert verify_note(both, other.verifier) == CHECKPOINT
    with pytest.raises(UnsignedNoteError):
        verify_note(sign_note(text, other), key.verifier)


def test_another_key_of_the_same_name_does_not_sign_for_it(key: LogKey) -> None:
    note = sign_note(format_checkpoint(CHECKPOINT), LogKey.generate(key.name))
    with pytest.raises(UnsignedNoteError):
        verify_note(note, key.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "a\n1\n",
        "a\n1\nAAAA\n",
        "a\n01\n" + "A" * 43 + "=\n",
        "a\n-1\n" + "A" * 43 + "=\n",
        "a\n1\n" + "A" * 42 + "B=\n",
        "\n1\n" + "A" * 43 + "=\n",
        "a\n1\n" + "A" * 43 + "=\n\n",
        "a\n1\n" + "A" * 43 + "=",
        "a\n1" + "0" * 5000 + "\n" + "A" * 43 + "=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        parse_checkpoint(text)


@pytest.mark.parametrize("text", ["no end of line", "nul\x00\n", "return\r\n"])
def test_what_cannot_be_a_note_is_not_signed(key: LogKey, text: str) -> None:
    with pytest.raises(MalformedNoteError):
        sign_note(text, key)


@pytest.mark.parametrize(
    "note", ["", "\n\n", "a\n\n", "a\n\n— x\n", "a\n\n- x AAAAAAAA\n", "a\n\n— x A\n", "\ud800\n\n— \ud800 AAAAAAAA\n"]
)
def test_what_is_no_note_is_refused(key: LogKey, note: str) -> None:
    with pytest.raises((MalformedNoteError, UnsignedNoteError)):
        verify_note(note, key.verifier)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_a_note_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(MalformedKeyError):
        LogKey.generate(name)


def test_a_changed_verifier_key_is_no_key(key: LogKey) -> None:
    note = sign_note(format_checkpoint(CHECKPOINT), key)
    for verifier in ("", "a+b+c", key.verifier[:-4], "x" + key.verifier, key.verifier.replace("log", "lag")):
        with pytest.raises(MalformedKeyError):
            verify_note(note, verifier)


def test_a_saved_key_is_loaded_and_only_its_owner_may_read_it(key: LogKey, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    umask = os.umask(0)
    try:
        key.save(path)
    finally:
        os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o600
    for mode in (0o640, 0o604, 0o644):
        path.chmod(mode)
        with pytest.raises(UnusableLogKeyError, match=f"{mode:04o}"):
            LogKey.load(path)
    path.chmod(0o600)
    assert LogKey.load(path).verifier == key.verifier
    with pytest.raises(UnusableLogKeyError):
        key.save(path)


@pytest.mark.parametrize("data", [b"", b"\xff", b"PRIVATE+KEY+a+00000000+AAAA", b"PRIVATE+KEY", b"x" * 10_000])
def test_a_damaged_key_is_said_and_not_shown(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "log.key"
    path.write_bytes(data)
    with pytest.raises(UnusableLogKeyError) as caught:
        LogKey.load(path)
    assert "AAAA" not in str(caught.value)
    path.unlink()
    with pytest.raises(UnusableLogKeyError):
        LogKey.load(path)
