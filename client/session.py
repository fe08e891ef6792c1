"""Who works at which unit: the logins of the three kinds of centers, the unit's facts, and its key.

Passwords and codes are arguments and never kept. After a login the session holds the served profile, the
unit's context, and the key's certificate; it signs what the unit submits.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from client.api import CenterClient, body_of, encode
from client.errors import AuthExpired, ClientError
from client.signing import NO_OPERATOR, Prepared, body_headers, prepare
from client.transport import Identity
from domain.httpsig import TAG_LOGIN, TAG_SUBMIT
from ukey.signer import KeyCertificate, KeyState, NoSigningCertificate, Signer

if TYPE_CHECKING:
    from domain import wire
    from domain.business import CheckContext, RatioPair, Source, UnitFacts
    from domain.profile import Profile

CODE_FIELDS = ("unit_account", "unit_name", "agent_name", "agent_id_number", "mobile")
_NO_LOGIN = "还没有登录，请先登录。"


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in. `unit_account` is "" while a unit is still to be chosen, and for a clerk."""

    role: Literal["agent", "clerk"]
    operator: str
    name: str
    unit_account: str
    units: tuple[wire.UnitChoice, ...]
    expires: str
    must_change_password: bool
    certificate_expires: str

    @property
    def must_choose_unit(self) -> bool:
        """A unit has to be chosen before anything else (L-07)."""
        return self.role == "agent" and not self.unit_account


class Session:
    """A session at a center. Every call that reaches the center blocks and raises ClientError.

    Calls that sign raise ukey.signer.SignerError as well: NotUnlocked when the PIN has to be given first.
    """

    def __init__(self, client: CenterClient, *, profile_name: str, signer: Signer | None = None) -> None:
        """A session of the center whose profile the configuration names `profile_name`."""
        self.client = client
        self.profile_name = profile_name
        self.signer = signer
        self.certificate: KeyCertificate | None = None
        self.person: Person | None = None
        self.context: wire.UnitContext | None = None
        self._profile: Profile | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        who = self.person.operator if self.person else "-"
        return f"Session({self.client.base_url!r}, {who!r})"

    # ---- before login ------------------------------------------------------------------------------

    def profile(self) -> Profile:
        """The served profile; asked for once. ClientError profile.other when it is another center's."""
        with self._lock:
            if self._profile is None:
                served = self.client.profile()
                if served.name != self.profile_name:
                    text = f"这个地址是{served.center}，与配置的中心不符，请改正配置文件中的中心地址。"
                    raise ClientError(text, code="profile.other")
                self._profile = served
            return self._profile

    def usable_certificates(self) -> list[KeyCertificate]:
        """The key's certificates that can sign, for the choice before the PIN. Raises SignerError."""
        if self.signer is None:
            raise NoSigningCertificate
        found = [certificate for certificate in self.signer.certificates() if certificate.can_sign]
        if not found:
            raise NoSigningCertificate
        return found

    def use_key(self, signer: Signer | None, certificate: KeyCertificate | None) -> None:
        """Sign with this certificate of this key from now on."""
        self.signer = signer
        self.certificate = certificate

    # ---- login -------------------------------------------------------------------------------------

    def login_with_key(
        self, unit_account: str, password: str, certificate: KeyCertificate, login_name: str = ""
    ) -> Person:
        """Log in with account, password and the key's answer to a challenge (L-04, L-05).

        `login_name` is "" where the profile's form has none. The key must be unlocked.
        """
        from domain.wire import LoginRequest

        self.profile()
        self.certificate = certificate
        challenge = self.client.challenge(unit_account)
        request = body_of(
            LoginRequest,
            unit_account=unit_account,
            login_name=login_name,
            password=password,
            challenge_id=challenge.challenge_id,
        )
        body = encode(request)
        headers = body_headers(
            body, unit_account=unit_account, operator=login_name or NO_OPERATOR, key=challenge.challenge_id
        )
        prepared = prepare(
            "POST",
            self.client.url("/login"),
            headers,
            body,
            signer=self.signer,
            certificate=certificate,
            tag=TAG_LOGIN,
            now=self.client.now(),
            nonce=challenge.nonce,
        )
        return self._enter(self.client.login(prepared))

    def request_code(
        self, fields: Mapping[str, str], purpose: Literal["login", "reset"] = "login"
    ) -> wire.CodeSent:
        """Have a code sent to the registered mobile (L-05, L-10).

        `fields` holds unit_account, unit_name, agent_name, agent_id_number and mobile as typed.
        """
        from domain.wire import LoginCodeRequest

        given = {name: fields.get(name, "") for name in CODE_FIELDS}
        return self.client.login_code(body_of(LoginCodeRequest, **given, purpose=purpose))

    def login_with_code(self, fields: Mapping[str, str], password: str, code: str) -> Person:
        """Log in with password and SMS code (password_sms profiles); no key is needed.

        `fields` is the one of `request_code`.
        """
        from domain.wire import LoginRequest

        self.profile()
        given = {name: fields.get(name, "") for name in CODE_FIELDS}
        self.certificate = None
        return self._enter(self._plain_login(body_of(LoginRequest, **given, password=password, code=code)))

    def login_clerk(self, login_name: str, password: str) -> Person:
        """Log in as a clerk of the center."""
        from domain.wire import LoginRequest

        self.profile()
        request = body_of(LoginRequest, kind="clerk", login_name=login_name, password=password)
        self.certificate = None
        return self._enter(self._plain_login(request))

    def choose_unit(self, unit_account: str) -> Person:
        """Choose one of the key's units (L-07)."""
        return self._enter(self.client.choose_unit(unit_account))

    def _plain_login(self, request: wire.LoginRequest) -> wire.LoginReply:
        headers = {"Content-Type": "application/json"}
        return self.client.login(Prepared("POST", self.client.url("/login"), headers, encode(request)))

    def _enter(self, reply: wire.LoginReply) -> Person:
        if not self.client.center_id:
            self.client.health()
        self.client.identify(Identity(reply.token, reply.unit_account, reply.operator))
        self.context = None
        self.person = Person(
            role=reply.role,
            operator=reply.operator,
            name=reply.operator_name,
            unit_account=reply.unit_account,
            units=tuple(reply.units),
            expires=reply.expires,
            must_change_password=reply.must_change_password,
            certificate_expires=reply.certificate_expires,
        )
        if reply.unit_account and not reply.must_change_password:
            self.refresh_context()
        return self.person

    # ---- within a session --------------------------------------------------------------------------

    def refresh_context(self) -> wire.UnitContext:
        """Read the unit's facts and the center's month anew."""
        self.context = self.client.unit_context(self._who().unit_account)
        return self.context

    def enter_reconcile(self, unit_account: str, password: str) -> None:
        """Check the separate password of 单位网上对账 (L-13). Raises LoginRefused when it is wrong."""
        self.client.enter_reconcile(self._who().unit_account, unit_account, password)

    def change_password(self, old: str, new: str) -> None:
        """Change the login password (L-11)."""
        person = self._who()
        self.client.change_password(old, new)
        self.person = replace(person, must_change_password=False)
        if person.unit_account and self.context is None:
            self.refresh_context()

    def reset_password(self, unit_account: str, mobile: str, code: str, new: str) -> None:
        """Set a new password by SMS code, without being logged in (L-10)."""
        from domain.wire import PasswordReset

        self.client.reset_password(
            body_of(PasswordReset, unit_account=unit_account, mobile=mobile, code=code, new=new)
        )

    def logout(self) -> None:
        """End the session (L-14). Token and key are let go whether the center answers or not."""
        try:
            if self.client.identity is not None:
                self.client.logout()
        except ClientError:
            pass
        finally:
            self.forget()

    def forget(self) -> None:
        """Forget who was logged in, and lock the key; the center is not told."""
        self.client.identify(None)
        self.person = None
        self.context = None
        if self.signer is not None:
            self.signer.lock()

    # ---- signing -----------------------------------------------------------------------------------

    @property
    def signs(self) -> bool:
        """Whether submissions of this session are signed: the center says so with the unit's facts."""
        if self.certificate is not None or self.context is None:
            return True
        return self.context.signature_required

    @property
    def can_sign_now(self) -> bool:
        """Whether a submission can be prepared without asking for the PIN."""
        if not self.signs:
            return True
        ready = self.signer is not None and self.certificate is not None
        return ready and self.signer is not None and self.signer.state() is KeyState.READY

    def prepare_submission(self, submission_id: str, body: bytes) -> Prepared:
        """Freeze a submission's request, signed by the key where the session signs. Raises SignerError."""
        person = self._who()
        if self.signs and (self.signer is None or self.certificate is None):
            raise NoSigningCertificate
        headers = body_headers(
            body, unit_account=person.unit_account, operator=person.operator, key=submission_id
        )
        return prepare(
            "PUT",
            self.client.submission_url(person.unit_account, submission_id),
            headers,
            body,
            signer=self.signer if self.signs else None,
            certificate=self.certificate,
            tag=TAG_SUBMIT,
            now=self.client.now(),
        )

    # ---- what checks need --------------------------------------------------------------------------

    def check_context(
        self, *, chosen_ratio: RatioPair | None = None, source: Source | None = None
    ) -> CheckContext:
        """What checks of rosters may look at. ClientError when no unit is open."""
        from domain.business import CheckContext
        from domain.business import Source as Sources
        from domain.limits_wire import from_wire

        context = self._context()
        return CheckContext(
            today=date.fromisoformat(context.today),
            month=context.month,
            unit=self.unit_facts(),
            limits=None if context.limits is None else from_wire(context.limits),
            years={one.fund_year: from_wire(one) for one in context.years},
            source=source or Sources.SINGLE,
            chosen_ratio=chosen_ratio,
        )

    def unit_facts(self) -> UnitFacts:
        """The unit as checks see it."""
        from domain.business import RatioPair, UnitFacts
        from domain.money import parse_ratio

        context = self._context()
        return UnitFacts(
            account=context.unit_account,
            name=context.name,
            unified_ratio=context.unified_ratio,
            ratios=tuple(
                RatioPair(parse_ratio(pair.unit), parse_ratio(pair.person)) for pair in context.ratios
            ),
            fund_types=tuple(context.fund_types),
            paid_through=context.paid_through,
            verified_through=context.verified_through,
            verified_year=context.verified_year,
        )

    def _who(self) -> Person:
        if self.person is None:
            raise AuthExpired(_NO_LOGIN)
        return self.person

    def _context(self) -> wire.UnitContext:
        if self.context is None:
            raise AuthExpired(_NO_LOGIN)
        return self.context
