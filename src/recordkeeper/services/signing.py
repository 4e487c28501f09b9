"""Putting a person's signature into an act, and checking the one that stands there."""

from recordkeeper.credentials.keyring import verify_signature
from recordkeeper.errors import PersonError, RefusalError
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content
from recordkeeper.model.event import History
from recordkeeper.model.signature import statement
from recordkeeper.services.people import Signer


class OtherSignerError(PersonError, RefusalError):
    """A key is to sign what another person does."""

    def __init__(self, name: str, by: str) -> None:
        message = _("{name}: cannot sign what {by} does").format(name=name, by=by)
        super().__init__(message, subject=by, expected=_("the key of whoever acts"), found=name)


def signed(before: History, revision: str, content: Content, signer: Signer) -> Content:
    """``content`` with the signer's public key and signature over it and the state before it.

    Args:
        before: the subject's history before the act.
        revision: code and revision of its form, ``QR-017-02 A/0``.
        content: the act without its signature.
        signer: an opened key.

    Raises:
        OtherSignerError: it is the key of another person than whoever acts.
    """
    if content["by"] != signer.subject:
        raise OtherSignerError(signer.name, str(content["by"]))
    complete = {**content, "public_key": signer.public_key}
    if signer.unattended:
        complete["unattended"] = True
    data = statement(before.subject, revision, before.digests[-1], complete)
    return {**complete, "signature": signer.sign(data)}


def is_signature_valid(before: History, revision: str, content: Content) -> bool:
    """Whether the signature in an act's content was made by its public key over that act and state."""
    data = statement(before.subject, revision, before.digests[-1], content)
    return verify_signature(str(content.get("public_key", "")), str(content.get("signature", "")), data)
