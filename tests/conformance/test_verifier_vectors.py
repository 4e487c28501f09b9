"""The stand-alone verifier against published vectors, and against the libraries that the product uses.

Source: RFC 8032, 7.1; RFC 6962, 2.1.1; C2SP signed-note; C2SP tlog-cosignature
"""

import base64
import hashlib
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recordkeeper.verifier import (
    chain_digest,
    is_signed,
    leaf_hash,
    parse_key,
    parse_note,
    root_hash,
    signature_fault,
)

LONG_MESSAGE = (
    "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1e355f6c5"
    "0544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d658675fc6ea534e0"
    "810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a7363c344fe6b199ee5d02e82"
    "d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e06203b33890cc9b832f79ef80560ccb9"
    "a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc103b6621fcde2beca1231d206be6cd9ec7aff6f6c9"
    "4fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed185ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5"
    "d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88"
    "425de6bde1a9187ebb6092cf67bf2b13fd65f27088d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc"
    "2732e69485bbc9c90bfbd62481d9089beccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80"
    "c3414a8d0859dc65a46128bab27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae078"
    "4504df543af8969be3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9"
    "b47acdb751fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988d"
    "cda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34dff7310fdc"
    "82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7984a74d371459867"
    "80fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e488acba6b965610b5480109c8"
    "b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac0943bf6686b64b2579376504ccc493d97e"
    "6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5fb93246f6b1116398a346f1a641f3b041e989f791"
    "4f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f1610e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45"
    "a96768d40fd9d03412c091c6315cf4fde7cb68606937380db2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac"
    "86aba41c0618983f8741c5ef68d3a101e8a3b8cac60c905c15fc910840b94c00a0b9d0"
)
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
        LONG_MESSAGE,
        (
            "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b"
            "5e8fcd4f681e30a6ac00a9704a188a03"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
            "3dca179c138ac17ad9bef1177331a704"
        ),
    ),
]
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
NO_POINTS = [b"", bytes(31), b"\xff" * 32, (2**255 - 18).to_bytes(32, "little"), bytes([2] + 31 * [0])]
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_published_signatures_verify_and_changed_ones_do_not(key: str, message: str, signature: str) -> None:
    public, data, signed = (bytes.fromhex(text) for text in (key, message, signature))
    assert is_signed(public, signed, data)
    assert not is_signed(public, signed, data + b"x")
    assert not is_signed(public, bytes([signed[0] ^ 1]) + signed[1:], data)
    assert not is_signed(bytes([public[0] ^ 1]) + public[1:], signed, data)


def test_a_second_spelling_of_a_signature_is_refused() -> None:
    key, message, signature = (bytes.fromhex(text) for text in VECTORS[1])
    scalar = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    assert not is_signed(key, signature[:32] + scalar.to_bytes(32, "little"), message)


@pytest.mark.parametrize("public", NO_POINTS)
def test_what_is_no_point_is_no_key(public: bytes) -> None:
    assert not is_signed(public, bytes.fromhex(VECTORS[0][2]), b"")


def test_signatures_of_the_library_verify() -> None:
    chance = random.Random(7)
    for length in (0, 1, 63, 64, 65, 1000):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        data = chance.randbytes(length)
        signature = private.sign(data)
        assert is_signed(private.public_key().public_bytes_raw(), signature, data)
        flipped = bytearray(signature)
        flipped[chance.randrange(64)] ^= 1 << chance.randrange(8)
        assert not is_signed(private.public_key().public_bytes_raw(), bytes(flipped), data)


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    assert root_hash(hashes).hex() == ROOTS[size]
    subtrees = [root_hash(hashes[start : start + 4]) for start in range(0, size, 4)]
    assert root_hash(subtrees).hex() == ROOTS[size]


KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def note_of(text: str, *signatures: tuple[str, bytes]) -> bytes:
    lines = [f"— {name} {base64.b64encode(blob).decode()}\n" for name, blob in signatures]
    return f"{text}\n{''.join(lines)}".encode()


def test_the_verifier_key_of_the_example_is_read() -> None:
    assert parse_key(KEY).name == "PeterNeumann"
    for wrong in ("", "a", KEY.replace("c7", "c8"), KEY.replace("+c", " +c"), KEY + "=", KEY[:-4]):
        with pytest.raises(ValueError):  # noqa: PT011 - the message is the text that was refused
            parse_key(wrong)


def key_text(name: str, algorithm: int, public: bytes) -> str:
    data = bytes([algorithm]) + public
    identifier = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    return f"{name}+{identifier.hex()}+{base64.b64encode(data).decode()}"


def test_a_cosignature_with_its_time_verifies_and_does_not_change_what_the_chain_names() -> None:
    log, witness = Ed25519PrivateKey.from_private_bytes(bytes(32)), Ed25519PrivateKey.from_private_bytes(b"w" * 32)
    log_key = parse_key(key_text("log", 1, log.public_key().public_bytes_raw()))
    witness_key = parse_key(key_text("witness", 4, witness.public_key().public_bytes_raw()))
    text = "log\n1\n" + base64.b64encode(bytes(32)).decode() + "\n"
    own = ("log", log_key.identifier + log.sign(text.encode()))
    moment = 1_679_315_147
    signed = witness.sign(f"cosignature/v1\ntime {moment}\n{text}".encode())
    cosigned = parse_note(note_of(text, own, ("witness", witness_key.identifier + moment.to_bytes(8, "big") + signed)))
    assert signature_fault(cosigned, log_key) == ""
    assert signature_fault(cosigned, witness_key) == ""
    assert chain_digest(cosigned, log_key) == hashlib.sha256(note_of(text, own)).hexdigest()
    later = ("witness", witness_key.identifier + (moment + 1).to_bytes(8, "big") + signed)
    assert signature_fault(parse_note(note_of(text, own, later)), witness_key)
    assert signature_fault(parse_note(note_of(text, own)), witness_key)
