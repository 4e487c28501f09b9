import unicodedata

import pytest

from recordkeeper.credentials.keyring import (
    Credential,
    DamagedCredentialError,
    UnusablePassphraseError,
    WrongPassphraseError,
    create_credential,
    open_key,
    reseal,
    verify_signature,
)

PASSPHRASE = "correct horse 电池"


@pytest.fixture(scope="module")
def created(cost_as_shipped: None) -> tuple[Credential, str]:
    return create_credential(PASSPHRASE)


def test_the_passphrase_opens_the_key_and_its_signature_verifies(created: tuple[Credential, str]) -> None:
    credential, public_key = created
    key = open_key(credential, PASSPHRASE, "person/7")
    signature = key.sign(b"data")
    assert key.public_key == public_key
    assert verify_signature(public_key, signature, b"data")
    assert not verify_signature(public_key, signature, b"Data")


def test_a_wrong_passphrase_is_refused_and_names_the_person(created: tuple[Credential, str]) -> None:
    with pytest.raises(WrongPassphraseError) as caught:
        open_key(created[0], PASSPHRASE + "x", "person/7")
    assert caught.value.subject == "person/7"


def test_a_wrong_passphrase_with_a_lone_surrogate_is_refused(created: tuple[Credential, str]) -> None:
    with pytest.raises(WrongPassphraseError):
        open_key(created[0], "12345678\ud800", "person/7")


@pytest.mark.parametrize("passphrase", ["", "1234567", "12345678\ud800"])
def test_a_passphrase_too_short_or_not_text_is_invalid(passphrase: str) -> None:
    with pytest.raises(UnusablePassphraseError):
        create_credential(passphrase)


def test_a_passphrase_composed_otherwise_by_a_keyboard_is_the_same() -> None:
    credential, public_key = create_credential("Gästezimmer")
    decomposed = unicodedata.normalize("NFD", "Gästezimmer")
    assert open_key(credential, decomposed, "person/7").public_key == public_key


def test_reseal_keeps_the_key_and_changes_the_passphrase(created: tuple[Credential, str]) -> None:
    credential, public_key = created
    other = reseal(credential, PASSPHRASE, "another passphrase", "person/7")
    assert open_key(other, "another passphrase", "person/7").public_key == public_key
    with pytest.raises(WrongPassphraseError):
        open_key(other, PASSPHRASE, "person/7")


def test_reseal_refuses_a_wrong_old_and_a_short_new_passphrase(created: tuple[Credential, str]) -> None:
    with pytest.raises(WrongPassphraseError):
        reseal(created[0], "not the old one", "another passphrase", "person/7")
    with pytest.raises(UnusablePassphraseError):
        reseal(created[0], PASSPHRASE, "short", "person/7")


def test_neither_stored_value_holds_the_passphrase_or_repeats(created: tuple[Credential, str]) -> None:
    other, _ = create_credential(PASSPHRASE)
    assert other.passphrase_hash != created[0].passphrase_hash
    assert other.sealed_key != created[0].sealed_key
    assert created[0].passphrase_hash.startswith("$argon2id-hkdf-sha256$v=19$m=65536,t=3,p=4$")
    assert "horse" not in created[0].passphrase_hash + created[0].sealed_key


def test_a_key_sealed_with_another_hash_does_not_open(created: tuple[Credential, str]) -> None:
    other, _ = create_credential(PASSPHRASE)
    with pytest.raises(DamagedCredentialError):
        open_key(Credential(created[0].passphrase_hash, other.sealed_key), PASSPHRASE, "person/7")


@pytest.mark.parametrize(
    "sealed", ["", "chacha20poly1305$", "chacha20poly1305$zz", "none$00", "chacha20poly1305$" + "00" * 9]
)
def test_a_damaged_sealed_key_is_told_from_a_wrong_passphrase(created: tuple[Credential, str], sealed: str) -> None:
    with pytest.raises(DamagedCredentialError):
        open_key(Credential(created[0].passphrase_hash, sealed), PASSPHRASE, "person/7")


@pytest.mark.parametrize(
    "parameters",
    ["m=999999999,t=3,p=4", "m=65536,t=99999,p=4", "m=65536,t=3,p=99", "m=1,t=0,p=0", "m=x,t=3,p=4"],
)
def test_a_hash_that_asks_for_absurd_cost_is_damaged(created: tuple[Credential, str], parameters: str) -> None:
    changed = created[0].passphrase_hash.replace("m=65536,t=3,p=4", parameters)
    with pytest.raises(DamagedCredentialError):
        open_key(Credential(changed, created[0].sealed_key), PASSPHRASE, "person/7")


@pytest.mark.parametrize("text", ["", "plain", "$argon2id$v=19$m=65536,t=3,p=4$AAAA$AAAA"])
def test_a_hash_of_another_scheme_is_damaged(created: tuple[Credential, str], text: str) -> None:
    with pytest.raises(DamagedCredentialError):
        open_key(Credential(text, created[0].sealed_key), PASSPHRASE, "person/7")


def test_a_signature_in_another_spelling_or_of_no_key_at_all_is_false(
    created: tuple[Credential, str],
) -> None:
    credential, public_key = created
    signature = open_key(credential, PASSPHRASE, "person/7").sign(b"data")
    assert not verify_signature(public_key, signature.upper(), b"data")
    assert not verify_signature(public_key, signature + " ", b"data")
    assert not verify_signature(" " + public_key, signature, b"data")
    assert not verify_signature("", signature, b"data")
    assert not verify_signature(public_key, "", b"data")
    assert not verify_signature(public_key, "not hex", b"data")
