"""How long one record or sheet is kept, and how it goes: what is told, decided and done about it once it is finished.

Source: MoReq2010, 8 and 9; M-3 to M-5, M-12
"""

from dataclasses import dataclass
from datetime import date

from recordkeeper.language import listing
from recordkeeper.language import translate as _
from recordkeeper.model.canonical import Content, Json
from recordkeeper.model.record_amendment import AmendableRecord
from recordkeeper.model.record_guard import NoReasonError, ValuesRefusedError, WrongStateError, head_of
from recordkeeper.model.record_state import Moment, State
from recordkeeper.model.retention import NOTED_TRIGGERS, Decision
from recordkeeper.model.right import RIGHTS
from recordkeeper.model.standing import Standing
from recordkeeper.model.value import Problem, check_text

_FINISHED = {State.CLOSED, State.VOID, State.REPLACED}


@dataclass(frozen=True, slots=True)
class KeptRecord(AmendableRecord):
    """A record with the acts that its retention needs."""

    def tell(self, trigger: str, happened_on: date, reason: str, who: Standing, moment: Moment) -> Content:
        """The act that tells when something happened that starts a retention period: the end of a contract.

        What is told later stands in place of what was told before; both stay in the acts.

        Args:
            trigger: one of ``retention.NOTED_TRIGGERS``.
            happened_on: the local date, today or earlier.
            reason: how it is known; compulsory.
            who: the person and their roles in the record's unit.
            moment: when.

        Raises:
            ValuesRefusedError: another trigger, or a date that lies ahead.
            NoReasonError: no reason.
            WrongStateError: the record is disposed of, or a row, which is kept with its sheet.
            NotYoursError: neither controller nor a role of any section.

        Source: M-4
        """
        if self.state not in RIGHTS["retention tell"].states or self.sheet:
            expected = _("a record of its own, or a sheet")
            raise WrongStateError(self.number, _("tell"), expected, _("a row") if self.sheet else _(str(self.state)))
        if trigger not in NOTED_TRIGGERS:
            raise ValuesRefusedError(self.number, [Problem("trigger", listing(NOTED_TRIGGERS), trigger)])
        if happened_on.isoformat() > moment.on:
            expected = _("a date up to {day}").format(day=moment.on)
            raise ValuesRefusedError(self.number, [Problem("on", expected, happened_on.isoformat())])
        if not reason.strip():
            raise NoReasonError(self.number)
        if not who.has_any(RIGHTS["retention tell"].roles):
            who = self._check_right_of_any(who)
        content: dict[str, Json] = {**head_of("tell", who, moment), "trigger": trigger}
        return {**content, "happened_on": happened_on.isoformat(), "reason": check_text(reason.strip(), "reason")}

    def appraise(self, decision: Decision, sheet: tuple[str, str], who: Standing, moment: Moment) -> Content:
        """The act by which an approved appraisal says what becomes of the record.

        Args:
            decision: keep it until a day or for ever, transfer or destroy it, and why.
            sheet: number and state digest of the appraisal sheet that says so.
            who: who approved that.
            moment: when.

        Raises:
            WrongStateError: the record is not finished, or a row, which is kept with its sheet.

        Source: M-5; C-5; P00-R5
        """
        self._check_finished(_("appraise"))
        content: dict[str, Json] = {**head_of("appraise", who, moment), "decision": decision.action}
        if decision.until is not None:
            content["until"] = decision.until.isoformat()
        return {**content, "reason": decision.reason, "items": [{"number": sheet[0], "state": sheet[1]}]}

    def dispose(self, listed: tuple[str, str], who: Standing, moment: Moment) -> Content:
        """The act with which a record begins to go: its archived versions first, then its acts.

        Args:
            listed: number and state digest of the list that says so.
            who: who executes the list.
            moment: when.

        Raises:
            WrongStateError: the record is not finished, disposed of already, or a row, which goes with its sheet.

        Source: M-1, M-12
        """
        self._check_finished(_("dispose of"))
        return {**head_of("dispose", who, moment), "items": [{"number": listed[0], "state": listed[1]}]}

    def transfer(self, listed: tuple[str, str], who: Standing, moment: Moment) -> Content:
        """The act by which a record that was handed over stays here as a copy.

        Args:
            listed: number and state digest of the list that says so.
            who: who hands it over.
            moment: when.

        Raises:
            WrongStateError: the record is not finished, disposed of, or a row, which goes with its sheet.

        Source: M-3; P00-R7
        """
        self._check_finished(_("transfer"))
        return {**head_of("transfer", who, moment), "items": [{"number": listed[0], "state": listed[1]}]}

    def begin_erasure(self, listed: tuple[str, str], who: Standing, moment: Moment) -> Content:
        """The act ``dispose`` with which a record that stays begins to go on without values of it, or a row's sheet.

        Args:
            listed: number and state digest of the list that says so.
            who: who executes the list.
            moment: when.

        Raises:
            WrongStateError: the record is disposed of already.

        Source: M-7, M-12
        """
        if self.state is State.DISPOSED:
            raise WrongStateError(self.number, _("erase"), _("a record that stands"), _(str(self.state)))
        return {**head_of("dispose", who, moment), "items": [{"number": listed[0], "state": listed[1]}]}

    def retain(self, reason: str, who: Standing, moment: Moment, *, is_stored: bool) -> Content:
        """The act that ends a disposal which a hold, or anything else, has stopped before the record was gone.

        Args:
            reason: what stopped it.
            who: who executes the list.
            moment: when.
            is_stored: whether its object is still in the archive; one that is gone is made anew, from version 1.

        Raises:
            WrongStateError: it is not being disposed of.

        Source: M-12
        """
        if self.state is not State.DISPOSED:
            expected = _("a record that is being disposed of")
            raise WrongStateError(self.number, _("retain"), expected, _(str(self.state)))
        return {**head_of("retain", who, moment), "reason": check_text(reason, "reason"), "is_stored": is_stored}

    def _check_finished(self, act: str) -> None:
        if self.sheet or self.state not in _FINISHED or self.pending_amendments:
            expected = _("a finished record of its own, or a sheet")
            raise WrongStateError(self.number, act, expected, _("a row") if self.sheet else _(str(self.state)))
