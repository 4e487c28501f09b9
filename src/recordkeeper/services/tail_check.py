"""Whether nothing was cut or put back after what somebody outside has seen.

An anchor is a signed checkpoint that was kept outside, or the short one that a form prints: its size and the first 32
bits of its root. Of signed ones a policy may ask that so many of certain cosigners have seen them.

Source: RFC 9162, 2.1.4; C2SP tlog-cosignature
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recordkeeper.errors import InvalidInputError, LogError, RecordkeeperError
from recordkeeper.findings import Finding, Severity
from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.services.evidence import TAIL, altered
from recordkeeper.tlog.checkpoint import (
    LogKey,
    UnsignedNoteError,
    parse_short_checkpoint,
    parse_verifier,
    split_note,
    unverified_checkpoint,
)
from recordkeeper.tlog.cosignature import CosignerKey, cosigners_of
from recordkeeper.tlog.hash_list import HashList
from recordkeeper.tlog.key_chain import KeyChain, verify_signed


class UnmeetablePolicyError(LogError, InvalidInputError):
    """A policy asks for more cosigners than it names, or for none of those it names."""

    def __init__(self, count: int, required: int) -> None:
        message = _("cosigners: from 1 to {count} can be required, found {required}").format(
            count=count, required=required
        )
        super().__init__(message, subject="cosigners", expected=str(count), found=str(required))


@dataclass(frozen=True, slots=True)
class Policy:
    """How many of which cosigners an anchor must have.

    Args:
        cosigners: their verifier keys.
        required: how many of them at least; 0 asks for none.
    """

    cosigners: tuple[str, ...] = ()
    required: int = 0


NO_POLICY = Policy()


def policy_of(cosigners: Sequence[str], required: int | None) -> Policy:
    """The policy that anchors need ``required`` of ``cosigners``; all of them where no number is given.

    Raises:
        MalformedKeyError: one of the texts is no cosigner's key.
        UnmeetablePolicyError: more are required than there are, or none of them.
    """
    keys = tuple(dict.fromkeys(text.strip() for text in cosigners))
    for key in keys:
        parse_verifier(key, CosignerKey.algorithm)
    count = len(keys) if required is None else required
    if not (0 < count <= len(keys) or count == len(keys) == 0):
        raise UnmeetablePolicyError(len(keys), count)
    return Policy(keys, count)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the anchors say of the events.

    Args:
        findings: what is not as they saw it, and anchors that cannot be used.
        reason: up to where nothing was cut or changed, and who saw it; of use where there are no findings.
    """

    findings: tuple[Finding, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class _Anchor:
    size: int
    root_beginning: str
    cosigners: tuple[str, ...] = ()
    is_short: bool = False
    stranger: str = ""
    """Of a note that none of the log's keys signed, whose log it says to be of."""


def check_tail(hashes: HashList, anchors: Sequence[str], verifier: str | KeyChain, policy: Policy = NO_POLICY) -> Seen:
    """Hold the events against what was seen outside.

    Args:
        hashes: of the leaf of every event, in the order of the log.
        anchors: signed checkpoints, or short ones.
        verifier: the log's verifier key, or several of which each had its time.
        policy: which cosigners a signed checkpoint must have; a short one has none.

    A note that none of the log's keys signed is held against it all the same: it was kept outside, so where it says
    another history, one of the two was made anew.

    Codes: ``tail-cut``, ``tail-altered``; ``anchor-unusable`` (cannot assess).

    Source: RFC 9162, 2.1.4
    """
    findings: list[Finding] = []
    usable: list[_Anchor] = []
    for text in anchors:
        try:
            anchor = _anchor(text, verifier, policy)
        except RecordkeeperError as error:
            findings.append(_unusable(str(error)))
            continue
        if isinstance(anchor, str):
            findings.append(_unusable(anchor))
            continue
        usable.append(anchor)
    roots = hashes.prefix_roots({anchor.size for anchor in usable})
    for anchor in usable:
        findings += _differences(len(hashes), roots, anchor)
    return Seen(tuple(findings), _reason([anchor for anchor in usable if not anchor.stranger]))


def _unusable(message: str) -> Finding:
    return Finding("anchor-unusable", Severity.CANNOT_ASSESS, "anchor", message, TAIL)


def _anchor(text: str, verifier: str | KeyChain, policy: Policy) -> _Anchor | str:
    """The anchor that a text is, or why it is none that can be used."""
    short = parse_short_checkpoint(text)
    if short:
        size, beginning = short
        cosigners: dict[str, object] = {}
    else:
        try:
            checkpoint = verify_signed(text, verifier)
        except UnsignedNoteError:
            if _names_a_key(text, verifier):
                raise  # damaged, or forged
            checkpoint = unverified_checkpoint(text)
            if checkpoint.size:
                return _Anchor(checkpoint.size, checkpoint.root.hex(), stranger=checkpoint.origin)
        size, beginning = checkpoint.size, checkpoint.root.hex()
        cosigners = dict(cosigners_of(text, policy.cosigners))
    if not size:
        return _("an empty log anchors nothing")
    if len(cosigners) < policy.required:
        return _("checkpoint of {size} entries: cosigned by {count} of {all} cosigners, {required} required").format(
            size=size, count=len(cosigners), all=len(policy.cosigners), required=policy.required
        )
    return _Anchor(size, beginning, tuple(key.partition("+")[0] for key in cosigners), bool(short))


def _names_a_key(note: str, verifier: str | KeyChain) -> bool:
    """Whether a signature of a note says to be of one of the log's keys."""
    keys = verifier.keys if isinstance(verifier, KeyChain) else (verifier,)
    own = {parse_verifier(key, LogKey.algorithm)[:2] for key in keys}
    return any((name, blob[:4]) in own for name, blob in split_note(note)[1])


def _differences(count: int, roots: Mapping[int, bytes], anchor: _Anchor) -> list[Finding]:
    is_other = anchor.size > count or not roots[anchor.size].hex().startswith(anchor.root_beginning)
    if anchor.stranger and is_other:
        message = _(
            "the anchor is of log {name}, signed by none of this log's keys: it is another log, or one made anew"
        ).format(name=anchor.stranger)
        return [altered("tail-altered", "event", message, TAIL)]
    if anchor.size > count:
        message = _("the anchor saw {seen} events, found {found}: the tail was cut").format(
            seen=anchor.size, found=count
        )
        return [altered("tail-cut", "event", message, TAIL)]
    if is_other:
        message = _("the first {seen} events are not those that the anchor saw").format(seen=anchor.size)
        return [altered("tail-altered", "event", message, TAIL)]
    return [_unusable(_("signed by none of this log's keys"))] if anchor.stranger else []


def _reason(anchors: Sequence[_Anchor]) -> str:
    if not anchors:
        return ""
    newest = max(anchors, key=lambda anchor: (anchor.size, not anchor.is_short))
    reason = _("nothing was cut or changed up to event {index}").format(index=newest.size - 1)
    if newest.is_short:
        bits = 4 * len(newest.root_beginning)
        return _("{reason}, as far as the {bits} bits of a short checkpoint reach").format(reason=reason, bits=bits)
    if newest.cosigners:
        return _("{reason}, cosigned by {names}").format(reason=reason, names=listing(newest.cosigners))
    return reason
