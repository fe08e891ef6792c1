"""The path with a PKCS#11 token as UKey, and the key pulled out at bad moments."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk
from tests.e2e.site import PIN, Site
from tests.support.center import START
from tests.support.certificates import CertificateAuthority
from tests.support.softhsm import KeySpec, Shim, SoftToken, make_token, softhsm_conf

pytestmark = at("lyszfgjj")


PULLED = "请插好后再试"


def specification(site: Site) -> KeySpec:
    """A key pair whose certificate the site's authority issues, valid by the site's clock."""
    issuer = CertificateAuthority(site.authority.key, site.authority.certificate)
    ahead = (START - datetime.now(UTC)).total_seconds() / 86400
    return KeySpec(
        "rsa", common_name="示例公司", ca=issuer, valid_from_days=ahead - 1, valid_to_days=ahead + 300
    )


def desk_with(site: Site, folder: Path, token: SoftToken) -> Desk:
    agent = site.agent(certificate_of=token.certificates[0])
    ukey = f'module = "{token.module}"\ntoken = "{token.serial}"'
    return Desk(site, folder, agent, ukey=ukey, env={"SOFTHSM2_CONF": str(softhsm_conf())})


@pytest.mark.feature("L-04", profile="lyszfgjj")
def test_a_token_logs_in_and_signs(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("lyszfgjj")
    token = make_token("单位UKey", PIN, keys=[specification(site)])
    with desk_with(site, tmp_path, token) as desk:
        desk.see("示例公司")
        assert "演示密钥" not in desk.text
        desk.log_in()
        desk.open()
        desk.register([site.person()])
        desk.see("总人数 1")
        serial = desk.submit(1)
        assert desk.agent is not None
        [filed] = site.submissions(desk.agent.unit)
        assert filed.serial == serial and len(filed.signature) == 256


def test_a_key_pulled_out_costs_nothing_typed(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("lyszfgjj")
    shim = Shim(tmp_path)
    token = shim.token(pin=PIN, keys=[specification(site)])
    someone = site.person()
    with desk_with(site, tmp_path / "desk", token) as desk:
        assert desk.agent is not None
        desk.fill_login()
        desk.see("UKey PIN: [")
        shim.set("removed")
        desk.keys(f"{PIN}\r")
        desk.gone("UKey PIN: [")
        desk.see(PULLED)
        assert desk.agent.login_name in desk.text
        shim.unset("removed")
        desk.see("待验PIN")
        desk.keys("<f10>")
        desk.finish_login()
        desk.open()
        desk.register([someone])
        desk.see("总人数 1")
        shim.set("removed")
        desk.confirm(1)
        desk.see(PULLED)
        desk.gone("确认提交吗")
        desk.see("总人数 1", someone.id_number)
        assert site.submissions(desk.agent.unit) == []
        shim.unset("removed")
        desk.confirm(1, ticked=True)
        desk.see("UKey PIN: [")
        desk.keys(f"{PIN}\r")
        desk.serial()
        assert len(site.submissions(desk.agent.unit)) == 1
