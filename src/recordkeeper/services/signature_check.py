"""Every signature of a register, checked against the act it stands in and the key its person had then.

Source: 21 CFR 11.70; P-11, P-12
"""

from collections.abc import Iterator

from recordkeeper.findings import Finding
from recordkeeper.language import translate as _
from recordkeeper.model.event import Act, History
from recordkeeper.model.person import Person
from recordkeeper.model.subject import kind_of
from recordkeeper.model.value import parse_moment
from recordkeeper.services.evidence import SIGNATURES, Evidence, altered
from recordkeeper.services.signing import is_signature_valid

SIGNED_ACTS = frozenset({"sign", "amend", "countersign", "approve"})
ON_PAPER = frozenset({"sign", "countersign"})
_SIGNED_SUBJECTS = frozenset({"record", "sheet", "form", "procedure", "schedule", "table"})


def check_signatures(evidence: Evidence) -> tuple[list[Finding], int]:
    """Everything wrong with signatures, and how many were checked."""
    people: dict[str, Person] = {}
    for subject, history in evidence.histories.items():
        if kind_of(subject) == "person":
            try:
                people[subject] = Person.replay(history)
            except Exception:  # noqa: BLE001, S112 - said by the projections already
                continue
    findings: list[Finding] = []
    count = 0
    for history in evidence.histories.values():
        if kind_of(history.subject) in _SIGNED_SUBJECTS:
            for act in history.acts[1:]:
                if act.kind in SIGNED_ACTS:
                    count += 1
                    findings += _faults(history, act, people)
    return findings, count


def _faults(history: History, act: Act, people: dict[str, Person]) -> Iterator[Finding]:
    name = _("act {number} ({kind})").format(number=act.number, kind=act.kind)
    if act.kind in ON_PAPER and act.content.get("method") == "paper":
        scan = act.content.get("scan")
        bound = [earlier.content.get("digest") for earlier in history.told[: act.number] if earlier.kind == "attach"]
        if scan not in bound:
            message = _("{act}: the scan of the paper signature is not bound to the record").format(act=name)
            yield altered("signature-scan", history.subject, message, SIGNATURES)
        return
    if "signature" not in act.content:
        yield altered("signature-missing", history.subject, _("{act}: no signature").format(act=name), SIGNATURES)
        return
    try:
        is_valid = is_signature_valid(history.up_to(act.number - 1), revision_of(history), act.content)
        person = people.get(act.by)
        had_key = person is not None and person.had_key(str(act.content["public_key"]), parse_moment(act.at))
    except (KeyError, ValueError, TypeError) as error:
        message = _("{act}: {found}").format(act=name, found=error)
        yield altered("signature-form", history.subject, message, SIGNATURES)
        return
    if not is_valid:
        message = _("{act}: the signature does not fit the act").format(act=name)
        yield altered("signature-invalid", history.subject, message, SIGNATURES)
    if not had_key:
        message = _("{act}: the key was not {person}'s then").format(act=name, person=act.by)
        yield altered("signature-key", history.subject, message, SIGNATURES)


def revision_of(history: History) -> str:
    """``QR-017-02 A/0``: what the signatures of a record, a form or a procedure name."""
    first = history.acts[1].told.content
    code = first["code"] if "code" in first else first["form"]
    return f"{code} {first['revision']}"
