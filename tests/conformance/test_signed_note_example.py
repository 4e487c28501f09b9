"""The example of the Go package that defined signed notes: signing is deterministic, so bytes must agree."""

from recordkeeper.tlog.checkpoint import LogKey, open_note, sign_note

PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_key_of_the_example_has_its_verifier() -> None:
    assert LogKey.parse(PRIVATE).verifier == VERIFIER


def test_we_sign_the_example_as_it_is_published() -> None:
    assert sign_note(TEXT, LogKey.parse(PRIVATE)) == NOTE


def test_we_open_the_published_note() -> None:
    assert open_note(NOTE, VERIFIER) == TEXT
