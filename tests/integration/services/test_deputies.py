"""Deputies and successors: what they do bears both names, and passes no further than it may."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from acting_company import ActingCompany, office_with
from form_samples import field, section
from p02_office import NOW, SECRET
from packages import form, write_package
from recordkeeper.errors import RefusalError
from recordkeeper.findings import Severity
from recordkeeper.model.person import EndlessDeputyError, MixedAuditorError, NoKeyError, OwnDeputyError, SelfGrantError
from recordkeeper.model.record_guard import NotYoursError
from recordkeeper.model.unit import ROOT_UNIT
from recordkeeper.services import lifecycle, people, viewing
from recordkeeper.services.lifecycle import About
from recordkeeper.services.right import NoRightError
from recordkeeper.services.verification import verify
from stage import Stages

WORK = "QR-900-01"
FORMS = (
    form(
        WORK,
        section("entry", field("what"), field("charged", "person", required=False), sign="one", meaning="received"),
        section("charge", field("result"), by={"field": "charged"}, when="charged is not none"),
        section("first", by="head", sign="one", meaning="verified"),
        section("second", by="head", sign="one", meaning="approved", other_than=["first"]),
    ),
)


@pytest.fixture
def company(stages: Stages, database: str, tmp_path: Path) -> Iterator[ActingCompany]:
    def package(folder: Path) -> Path:
        return write_package(folder / "P90", *FORMS)

    with office_with(stages, database, tmp_path, "deputies", [package], "clerk", "head", "head", "quality") as opened:
        key = people.open_signing_key(opened.register, opened.actors["stranger"], SECRET, NOW, unattended=False)
        yield ActingCompany(opened.register, opened.actors, {**opened.signers, "stranger": key})


def deputize(
    company: ActingCompany, of: str, deputy: str = "stranger", last: date | None = None, by: str = "boss"
) -> None:
    people.deputize(
        company.register,
        company.actors[by],
        login=company.actors[of].login,
        deputy=company.actors[deputy].login,
        unit=ROOT_UNIT,
        valid_from=None,
        valid_to=last or NOW.date(),
        reason="年休假",
        now=NOW,
    )


def assert_nothing_altered(company: ActingCompany, folder: Path) -> None:
    findings = verify(company.register.url, folder / "archive").findings
    assert [each for each in findings if each.severity is Severity.ALTERED] == []


def test_what_a_deputy_does_bears_both_names_up_to_the_last_day(company: ActingCompany, tmp_path: Path) -> None:
    with pytest.raises(RefusalError):
        company.new("stranger", WORK, {"what": "来访"})
    deputize(company, "clerk")
    both = f"{company.actors['stranger'].name}（代{company.actors['clerk'].name}）"
    number = company.new("stranger", WORK, {"what": "来访"})
    company.sign("stranger", number, "entry")
    record = company.record(number)
    assert [act.content["name"] for act in record.history.acts[1:]] == [both, both]
    assert {act.content["deputy_for"] for act in record.history.acts[1:]} == {company.actors["clerk"].subject}
    assert [(each.signer, each.name) for each in record.signatures] == [(company.actors["stranger"].subject, both)]
    view = viewing.show(company.register, company.actors["stranger"], NOW, number)
    assert view.sections[0].signatures[0].name == both
    assert_nothing_altered(company, tmp_path)
    tomorrow = NOW + timedelta(days=1)
    with pytest.raises(RefusalError):
        lifecycle.new(company.register, company.actors["stranger"], tomorrow, WORK, {"what": "来访"}, About(unit="HQ"))


def test_by_right_of_ones_own_a_deputy_acts_under_the_own_name(company: ActingCompany) -> None:
    deputize(company, "clerk", "head")
    number = company.new("clerk", WORK, {"what": "来访"})
    company.sign("clerk", number, "entry")
    company.sign("head", number, "first")
    assert company.record(number).signatures[-1].name == company.actors["head"].name


def test_a_deputy_does_not_check_what_the_principal_did(company: ActingCompany) -> None:
    deputize(company, "head")
    number = company.new("clerk", WORK, {"what": "来访"})
    company.sign("clerk", number, "entry")
    company.sign("head", number, "first")
    for who in ("head", "stranger"):
        with pytest.raises(NotYoursError, match="first"):
            company.sign(who, number, "second")
    company.sign("head2", number, "second")


def test_the_products_own_roles_do_not_pass_to_a_deputy(company: ActingCompany) -> None:
    deputize(company, "approver")
    with pytest.raises(NoRightError):
        people.add_user(company.register, company.actors["stranger"], login="n", name="新", passphrase=SECRET, now=NOW)
    with pytest.raises(SelfGrantError):
        deputize(company, "boss")


def test_who_may_be_a_deputy_and_for_how_long(company: ActingCompany) -> None:
    with pytest.raises(OwnDeputyError):
        deputize(company, "clerk", "clerk")
    with pytest.raises(NoRightError):
        deputize(company, "clerk", by="clerk")
    people.grant(
        company.register,
        company.actors["boss"],
        login="stranger",
        role="auditor",
        unit=ROOT_UNIT,
        valid_from=None,
        valid_to=date(2027, 1, 1),
        now=NOW,
    )
    with pytest.raises(MixedAuditorError):
        deputize(company, "clerk")
    with pytest.raises(MixedAuditorError):
        people.disable(
            company.register,
            company.actors["boss"],
            login=company.actors["quality"].login,
            on=None,
            reason="离职",
            now=NOW,
            successor="stranger",
        )
    with pytest.raises(EndlessDeputyError):
        people.deputize(
            company.register,
            company.actors["boss"],
            login=company.actors["clerk"].login,
            deputy=company.actors["quality"].login,
            unit=ROOT_UNIT,
            valid_from=None,
            valid_to=None,
            reason="年休假",
            now=NOW,
        )


def test_whoever_stands_in_for_another_is_no_auditor_on_the_same_days(company: ActingCompany) -> None:
    deputize(company, "clerk")

    def grant_from(day: date) -> None:
        people.grant(
            company.register, company.actors["boss"], login="stranger", role="auditor", unit=ROOT_UNIT,
            valid_from=day, valid_to=date(2027, 1, 1), now=NOW,
        )  # fmt: skip

    with pytest.raises(MixedAuditorError, match=company.actors["clerk"].login):
        grant_from(NOW.date())
    grant_from(NOW.date() + timedelta(days=1))


def test_what_a_leaver_was_named_for_passes_to_the_successor(company: ActingCompany, tmp_path: Path) -> None:
    leaver, successor = company.actors["quality"], company.actors["stranger"]
    number = company.new("clerk", WORK, {"what": "来访", "charged": leaver.login})
    company.sign("clerk", number, "entry")
    people.disable(
        company.register,
        company.actors["boss"],
        login=leaver.login,
        on=None,
        reason="离职",
        now=NOW,
        successor=successor.login,
    )
    with pytest.raises(RefusalError):
        company.fill("quality", number, "charge", {"result": "已办"})
    with pytest.raises(RefusalError):
        company.fill("head", number, "charge", {"result": "已办"})
    company.fill("stranger", number, "charge", {"result": "已办"})
    assert company.record(number).history.acts[-1].content["name"] == f"{successor.name}（代{leaver.name}）"
    with pytest.raises(RefusalError):
        company.new("stranger", WORK, {"what": "来访"})
    assert_nothing_altered(company, tmp_path)


def test_a_stolen_key_signs_no_more_and_its_sessions_end(company: ActingCompany, tmp_path: Path) -> None:
    register, clerk = company.register, company.actors["clerk"]
    number = company.new("clerk", WORK, {"what": "来访"})
    company.sign("clerk", number, "entry")
    session = people.open_session(register, clerk.login, SECRET, NOW)
    people.retire_key(register, company.actors["boss"], login=clerk.login, reason="密钥被盗", now=NOW)
    assert people.actor_of_session(register, session.token, NOW) is None
    with pytest.raises(NoKeyError):
        people.open_signing_key(register, clerk, SECRET, NOW + timedelta(seconds=1), unattended=False)
    assert_nothing_altered(company, tmp_path)
