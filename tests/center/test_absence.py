"""What a center does not offer: its menu does not show it, and a correctly signed submission is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from center.store.tables import account, job, submission
from cli.main import main
from domain.business import AccountStatus
from domain.businesses.names import BUSINESSES
from domain.profile import PROFILE_NAMES, Profile, load_profile
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, Office

MakeCenter = Callable[..., CenterUnderTest]


def absent(profile: Profile) -> list[str]:
    return [name for name in BUSINESSES if profile.rules(name) is None]


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_the_menu_shows_what_the_center_has_and_nothing_else(name: str) -> None:
    profile = load_profile(name)
    shown = {business for module in profile.home.modules for business in module.businesses}
    assert shown == {*profile.offered()}
    assert not shown & {*absent(profile)}


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_a_signed_submission_of_an_absent_business_is_refused(make_center: MakeCenter, name: str) -> None:
    center = make_center(name)
    office, other = Office(center), Office(center, OTHER)
    person, stranger = office.people(2)
    number = office.give_account(person, AccountStatus.SEALED)
    other.give_account(stranger, AccountStatus.SEALED)
    for business in absent(office.profile):
        row = {
            "account_no": number,
            "name": person.name,
            "id_number": person.id_number,
            "reason": "01",
            "to_unit": OTHER,
            "to_account": number,
            "base": "8000.00",
        }
        sentence = f"本中心没有开通网上{BUSINESSES[business].name}，请到中心柜台办理。"
        for source in ("single", "file"):
            answer = office.send(office.body([row], business, source=source))
            assert (answer.status_code, answer.json()["code"]) == (403, "module.off"), business
            assert answer.json()["detail"] == sentence
        check = {"business": business, "source": "single", "rows": [row]}
        asked = center.post(f"/v1/units/{office.unit}/checks", check, office.login)
        assert (asked.status_code, asked.json()["code"]) == (403, "module.off"), business
    with center.store.read() as conn:
        for table in (submission, job):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0
        assert set(conn.scalars(select(account.c.status))) == {"02"}
    assert [entry for tab in ("messages", "started") for entry in office.inbox(tab)] == []


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_the_commands_know_no_template_of_an_absent_business(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "模板.xlsx"
    for business in absent(load_profile(name)):
        sentence = f"本中心没有开通网上{BUSINESSES[business].name}，请到中心柜台办理。\n"
        assert main(["template", business, "--profile", name, str(file)]) == 1
        assert capsys.readouterr() == ("", sentence)
        assert main(["check", business, "--profile", name, str(file)]) == 2
        assert capsys.readouterr() == ("", sentence)
    assert list(tmp_path.iterdir()) == []
