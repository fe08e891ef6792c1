"""The logins of all centers, against a center in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from center.auth.passwords import hash_password
from center.store.tables import certificate_unit, unit
from client.errors import AuthExpired, ClientError, LoginRefused, Refused
from client.session import Session
from client.signing import prepare
from domain.business import RatioPair, Source
from domain.canonical import content_digest
from domain.httpsig import TAG_SUBMIT, RequestParts, parse_signature_headers, signature_base
from tests.client.support import BASE, Agent, KeyInHand
from tests.support.center import PASSWORD, CenterUnderTest
from tests.support.filing import clerk
from ukey.signer import KeyState, NoSigningCertificate, NotUnlocked

MakeAgent = Callable[..., Agent]
KEYED = ["baishan", "lyszfgjj", "hangzhou", "shanxi"]


@pytest.mark.feature("L-04", profile=KEYED)
@pytest.mark.parametrize("profile", KEYED)
def test_a_keyed_login_opens_the_unit(make_agent: MakeAgent, profile: str) -> None:
    agent = make_agent(profile)
    person = agent.session.person
    assert person is not None
    assert (person.role, person.unit_account, person.must_choose_unit) == ("agent", "100001", False)
    context = agent.session.context
    assert context is not None
    assert (context.unit_account, context.month) == ("100001", 202612 if profile == "hangzhou" else 202611)
    assert agent.session.profile().name == profile
    assert agent.session.can_sign_now


def test_the_checks_get_the_facts_of_the_unit(agent: Agent) -> None:
    context = agent.session.check_context(chosen_ratio=RatioPair(1000, 1000), source=Source.FILE)
    assert context.today.isoformat() == "2026-11-23"
    assert context.limits == agent.profile.limits_for(202611)
    assert context.unit.ratios == (RatioPair(1200, 1200),)
    assert (context.chosen_ratio, context.source) == (RatioPair(1000, 1000), Source.FILE)


def test_a_locked_key_stops_the_login_before_the_password_leaves(make_agent: MakeAgent) -> None:
    agent = make_agent(login=False)
    assert agent.key is not None
    agent.key.unlocked = False
    with pytest.raises(NotUnlocked):
        agent.login()
    assert all(PASSWORD.encode() not in request.content for request in agent.wire.seen)
    assert agent.client.identity is None


def test_a_session_without_a_key_says_so(make_agent: MakeAgent) -> None:
    agent = make_agent(login=False)
    session = Session(agent.client, profile_name="baishan")
    with pytest.raises(NoSigningCertificate):
        session.usable_certificates()


def test_a_wrong_password_tells_the_tries_that_are_left(make_agent: MakeAgent) -> None:
    agent = make_agent(login=False)
    certificate = agent.session.usable_certificates()[0]
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(LoginRefused) as wrong:
            agent.session.login_with_key("100001", "wrong-password", certificate, "agent100001")
        if left:
            assert (wrong.value.code, wrong.value.tries_left) == ("auth.bad_credentials", left)
    with pytest.raises(LoginRefused) as locked:
        agent.login()
    assert locked.value.code == "auth.locked"
    assert locked.value.retry_after == 900
    assert agent.session.person is None


def test_the_address_of_another_center_is_noticed(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou", login=False)
    session = Session(agent.client, profile_name="baishan", signer=agent.key)
    with pytest.raises(ClientError) as other:
        session.login_with_key("100001", PASSWORD, session.usable_certificates()[0], "agent100001")
    assert other.value.code == "profile.other"
    assert "杭州住房公积金管理中心" in other.value.sentence
    assert not agent.wire.sent("POST")


@pytest.mark.feature("L-07", profile="shanxi")
def test_a_key_of_several_units_has_one_chosen(make_agent: MakeAgent) -> None:
    agent = make_agent("shanxi", login=False)
    center = agent.center
    center.add_unit("100002", "示例二中")
    from sqlalchemy import insert

    from center.store.tables import operator_unit

    with center.store.write() as conn:
        owner = conn.exec_driver_sql("SELECT operator_id FROM operator").scalar_one()
        conn.execute(insert(operator_unit).values(operator_id=owner, unit_account="100002"))
        fingerprint = agent.office.login.key and agent.office.login.key.fingerprint
        conn.execute(insert(certificate_unit).values(fingerprint=fingerprint, unit_account="100002"))
    agent.login()
    person = agent.session.person
    assert person is not None
    assert person.must_choose_unit
    assert {unit.unit_account for unit in person.units} == {"100001", "100002"}
    chosen = agent.session.choose_unit("100002")
    assert (chosen.unit_account, chosen.must_choose_unit) == ("100002", False)
    assert agent.session.unit_facts().name == "示例二中"
    assert agent.client.identity is not None
    assert agent.client.identity.unit_account == "100002"


@pytest.mark.feature("L-11", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_the_password_is_changed_inside(make_agent: MakeAgent, profile: str) -> None:
    agent = make_agent(profile)
    with pytest.raises(Refused):
        agent.session.change_password("not-the-old-one", "Another-2026")
    agent.session.change_password(PASSWORD, "Another-2026")
    agent.session.logout()
    assert agent.key is not None
    agent.key.unlock(None)
    certificate = agent.session.usable_certificates()[0]
    with pytest.raises(LoginRefused):
        agent.session.login_with_key("100001", PASSWORD, certificate, "agent100001")
    agent.session.login_with_key("100001", "Another-2026", certificate, "agent100001")


@pytest.mark.feature("L-14", profile=KEYED)
@pytest.mark.parametrize("profile", KEYED)
def test_logout_ends_the_session_here_and_there(make_agent: MakeAgent, profile: str) -> None:
    agent = make_agent(profile)
    identity = agent.client.identity
    assert identity is not None and agent.key is not None
    agent.session.logout()
    assert (agent.session.person, agent.session.context, agent.client.identity) == (None, None, None)
    assert agent.key.state() is KeyState.PRESENT
    agent.client.identify(identity)
    with pytest.raises(AuthExpired):
        agent.client.unit_context("100001")


def test_logout_without_a_connection_forgets_all_the_same(agent: Agent) -> None:
    import httpx

    def cut(request: httpx.Request, go: object) -> httpx.Response:
        raise httpx.ConnectError("cut")

    agent.wire.handler = cut
    agent.session.logout()
    assert agent.client.identity is None
    with pytest.raises(AuthExpired) as gone:
        agent.session.check_context()
    assert gone.value.sentence == "还没有登录，请先登录。"


def test_a_clerk_logs_in_with_name_and_password(make_agent: MakeAgent) -> None:
    agent = make_agent(login=False)
    clerk(agent.center)
    assert agent.key is not None
    session = Session(agent.client, profile_name="baishan", signer=agent.key)
    session.use_key(agent.key, agent.key.certificates()[0])
    person = session.login_clerk("guiyuan", PASSWORD)
    assert (person.role, person.unit_account, person.must_choose_unit) == ("clerk", "", False)
    assert session.certificate is None
    assert agent.client.cases().cases == []


@pytest.mark.feature("L-05", profile="shaanxi")
def test_password_and_code_open_the_unit_without_a_key(
    make_center: Callable[..., CenterUnderTest], tmp_path: Path
) -> None:
    center = make_center("shaanxi")
    center.add_unit("100001", "示例一中")
    center.add_operator(
        "wang", ("100001",), name="王五", id_number="110101199003070011", mobile="13800138000"
    )
    from client.api import CenterClient

    client = CenterClient(BASE, transport=center.transport, clock=lambda: center.clock.now().timestamp())
    session = Session(client, profile_name="shaanxi")
    fields = {
        "unit_account": "100001",
        "unit_name": "示例一中",
        "agent_name": "王五",
        "agent_id_number": "110101199003070011",
        "mobile": "13800138000",
    }
    assert session.request_code(fields).resend_after > 0
    code = sent_code(center)
    with pytest.raises(LoginRefused):
        session.login_with_code(fields, PASSWORD, "000000" if code != "000000" else "111111")
    person = session.login_with_code(fields, PASSWORD, code)
    assert person.unit_account == "100001"
    assert not session.signs
    assert session.can_sign_now
    prepared = session.prepare_submission("0191d0a0-0000-4000-8000-000000000001", b"{}")
    assert "Signature" not in prepared.headers
    assert prepared.headers["Content-Digest"] == content_digest(b"{}")


@pytest.mark.feature("L-10", profile="shaanxi")
def test_a_forgotten_password_is_set_anew_by_code(make_center: Callable[..., CenterUnderTest]) -> None:
    center = make_center("shaanxi")
    center.add_unit("100001", "示例一中")
    center.add_operator(
        "wang", ("100001",), name="王五", id_number="110101199003070011", mobile="13800138000"
    )
    from client.api import CenterClient

    client = CenterClient(BASE, transport=center.transport, clock=lambda: center.clock.now().timestamp())
    session = Session(client, profile_name="shaanxi")
    fields = {
        "unit_account": "100001",
        "unit_name": "示例一中",
        "agent_name": "王五",
        "agent_id_number": "110101199003070011",
        "mobile": "13800138000",
    }
    session.request_code(fields, "reset")
    session.reset_password("100001", "13800138000", sent_code(center), "Neues-2026")
    center.clock.advance(seconds=120)
    session.request_code(fields)
    assert session.login_with_code(fields, "Neues-2026", sent_code(center)).operator == "wang"


def sent_code(center: CenterUnderTest) -> str:
    """The code of the last message in the center's outbox."""
    import re

    with center.store.read() as conn:
        body = (
            conn.exec_driver_sql("SELECT body FROM outbox ORDER BY created DESC, outbox_id").scalars().first()
        )
    found = re.search(r"\d{6}", str(body))
    assert found is not None, body
    return found.group()


# ---- signing -----------------------------------------------------------------------------------------


def test_the_signature_covers_what_is_sent(agent: Agent) -> None:
    body = '{"a":"中"}'.encode()
    prepared = agent.session.prepare_submission("0191d0a0-0000-4000-8000-000000000001", body)
    parsed = parse_signature_headers(prepared.headers)
    assert parsed.params.tag == TAG_SUBMIT
    assert parsed.params.expires - parsed.params.created == 300
    assert prepared.expires == parsed.params.expires
    parts = RequestParts.of("PUT", prepared.url, prepared.headers.items())
    base = signature_base(parts, parsed.params).decode()
    assert '"@authority": center.test\n' in base
    assert '"@path": /v1/units/100001/submissions/0191d0a0-0000-4000-8000-000000000001\n' in base
    assert f'"content-digest": {content_digest(body)}\n' in base
    assert repr(prepared).count("中") == 0


def test_each_signature_has_a_nonce_of_its_own(agent: Agent) -> None:
    nonces = {
        parse_signature_headers(agent.session.prepare_submission("x", b"{}").headers).params.nonce
        for _ in range(20)
    }
    assert len(nonces) == 20


def test_what_cannot_be_signed_is_told(agent: Agent) -> None:
    key = agent.key
    assert isinstance(key, KeyInHand)
    headers = {"Content-Type": "application/json", "X-Unit-Account": "单位", "X-Operator": "li"}
    with pytest.raises(Refused) as refused:
        prepare(
            "PUT",
            BASE + "/v1/x",
            {**headers, "Idempotency-Key": "1"},
            b"{}",
            signer=key,
            certificate=key.certificates()[0],
            tag=TAG_SUBMIT,
            now=1.0,
        )
    assert refused.value.code == "input.invalid"


@pytest.mark.feature("L-13", profile="hangzhou")
def test_the_separate_password_of_reconciling_is_told_and_checked(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    assert not agent.session.refresh_context().reconcile_password
    with agent.center.store.write() as conn:
        conn.execute(update(unit).values(reconcile_hash=hash_password("Check-2026")))
    assert agent.session.refresh_context().reconcile_password
    with pytest.raises(LoginRefused) as refused:
        agent.session.enter_reconcile("100001", PASSWORD)
    assert refused.value.tries_left == 4
    agent.session.enter_reconcile("100001", "Check-2026")
