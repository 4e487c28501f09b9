"""What a signature says: the statement whose bytes a key signs, and its place in an act's content.

A signature covers the record, its revision, the state before the act, the act itself, the meaning and the time. Moved
to another record, or with a value changed otherwise than by amendment, it fails. Keys are not known here.

Source: 21 CFR 11.50, 11.70
"""

from dataclasses import dataclass

from recordkeeper.model.canonical import Content, canonical, digest
from recordkeeper.model.step import Step

STATEMENT_VERSION = 1
METHODS = ("passphrase", "paper")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature as it stands on a record.

    Args:
        act_number: the act that carries it.
        section: the signed section; empty for an amendment or counter-signature.
        round: the section's round.
        meaning: what it says, from the closed list.
        signer: the person's subject; empty where somebody without an account signed on paper.
        name: the signer's name as it was then.
        role: the role in which it was given.
        method: passphrase, or paper.
        at: UTC moment.
        witness: who saw a paper signature; empty where nobody is named.
        entered_by: who entered a paper signature.
        unattended: whether no person was at the keyboard.
        item: the choice or row, where the section is repeated.
        signed_state: the state digest that it covered, hexadecimal, where values were erased since: then it is told,
            and can be checked no longer. Empty for every other signature.
    """

    act_number: int
    section: str
    round: int
    meaning: str
    signer: str
    name: str
    role: str
    method: str
    at: str
    witness: str = ""
    entered_by: str = ""
    unattended: bool = False
    item: str = ""
    signed_state: str = ""

    @property
    def step(self) -> Step:
        """The step that was signed."""
        return Step(self.section, self.round, self.item)


def statement(subject: str, revision: str, state_before: str, content: Content) -> bytes:
    """The bytes that a key signs for an act of ``content``.

    Args:
        subject: the record's subject.
        revision: code and revision of its form, ``QR-017-02 A/0``.
        state_before: the state digest d(n-1), hexadecimal.
        content: the act's content; its ``signature`` is left out.

    Source: 21 CFR 11.70; P-12
    """
    unsigned = {key: value for key, value in content.items() if key != "signature"}
    return canonical(
        {
            "version": STATEMENT_VERSION,
            "subject": subject,
            "revision": revision,
            "state": state_before,
            "act": digest(canonical(unsigned)),
            "meaning": content.get("meaning"),
            "at": content.get("at"),
        }
    )
