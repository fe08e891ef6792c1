"""Registrations for tests: people, checked rows, bodies, sessions of agents and clerks, sending."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import httpx
from sqlalchemy import select, update

from center.auth.sessions import open_session
from center.clock import today
from center.demo.generator import Generator, Person
from center.effects.apply import Row, Work, apply_rows
from center.facts import business_calendar, unit_facts, year_rules
from center.store.tables import account
from domain.business import AccountStatus, CheckContext, Source
from domain.businesses.registry import declare
from domain.canonical import canonical_json, content_digest
from domain.money import format_yuan, parse_yuan
from domain.period import fund_year
from tests.support.center import PASSWORD, CenterUnderTest, Login, SignedRequest

UNIT = "100001"
OTHER = "100002"
PDF = b"%PDF-1.4\n1 0 obj\n"


class Office:
    """One unit of a center under test with its agent's session, and the people it registers."""

    def __init__(self, center: CenterUnderTest, unit: str = UNIT, *, seed: int = 1, **values: Any) -> None:
        self.center = center
        self.profile = center.settings.profile
        self.unit = unit
        allowed: tuple[str, ...] = values.pop("permissions", ())
        center.add_unit(unit, values.pop("name", f"示例单位{unit}"), **values)
        operator_id = center.add_operator(f"agent{unit}", (unit,), name="经办人", permissions=allowed)
        self.keyed = self.profile.auth.mode != "password_sms"
        key = center.new_key() if self.keyed else None
        if key is not None:
            center.register(key, unit)
        fingerprint = key.fingerprint if key is not None else ""
        with center.store.write() as conn:
            token, _ = open_session(conn, center.settings, operator_id, unit, fingerprint)
        reply = {"token": token, "unit_account": unit, "operator": f"agent{unit}"}
        self.login = Login(reply, key)
        self.generator = Generator(self.profile, today(center.clock), seed * 10**9 + int(unit))

    # ---- rows ------------------------------------------------------------------------------------

    def context(self, source: Source = Source.SINGLE) -> CheckContext:
        day = today(self.center.clock)
        with self.center.store.read() as conn:
            month = business_calendar(conn, self.profile).business_month(day)
            facts = unit_facts(conn, self.unit)
            years = year_rules(conn)
        limits = years.get(fund_year(month, self.profile.calendar.fund_year_start))
        return CheckContext(day, month, facts, limits, source, years=years)

    def people(self, count: int) -> list[Person]:
        return [self.generator.person() for _ in range(count)]

    def row(self, person: Person, **cells: str) -> dict[str, str]:
        """A checked row as a client sends it."""
        return self.rows_of([person], **cells)[0]

    def rows_of(self, people: Sequence[Person], **cells: str) -> list[dict[str, str]]:
        """A checked row for everybody; the center is asked once how things stand."""
        context = self.context()
        return [self._checked(context, person, cells) for person in people]

    def _checked(self, context: CheckContext, person: Person, cells: dict[str, str]) -> dict[str, str]:
        typed = {
            "name": person.name,
            "id_number": person.id_number,
            "mobile": person.mobile,
            "base": "8000.00",
            "marriage": "20",
            "occupation": "17",
            "title": "012",
            "duty": "001A",
            "education": "20",
            "ratio": "12",
            "fund_type": "general",
        }
        business = declare("open", self.profile)
        known = {column.key for column in business.columns}
        typed = {key: text for key, text in (typed | cells).items() if key in known}
        check = business.check_row(typed, context)
        return {key: text for key, text in check.values.items() if text}

    def rows(self, count: int, **cells: str) -> list[dict[str, str]]:
        return self.rows_of(self.people(count), **cells)

    def body(self, rows: Sequence[dict[str, str]], business: str = "open", **changes: Any) -> dict[str, Any]:
        """A submission's body with the right totals; `changes` replace keys."""
        rules = self.profile.rules(business)
        summed = rules is not None and bool(rules.amount_title)
        amounts = [row["total_amount"] for row in rows if summed and row.get("total_amount")]
        amount = sum(parse_yuan(text) for text in amounts)
        body: dict[str, Any] = {
            "business": business,
            "profile": self.profile.name,
            "source": "single",
            "rows": list(rows),
            "totals": {"count": len(rows), "amount": format_yuan(amount)},
            "attachments": self.attachments(business),
            "remark": "",
        }
        return body | changes

    def attachments(self, business: str = "open") -> list[dict[str, Any]]:
        """What the profile wants attached, uploaded."""
        rules = self.profile.rules(business)
        if rules is None or not rules.attachments:
            return []
        answer = self.attach(PDF)
        assert answer.status_code == 200, answer.text
        return [answer.json()]

    def attach(
        self, content: bytes, name: str = "名册.pdf", kind: str = "application/pdf", **headers: str
    ) -> httpx.Response:
        digest = hashlib.sha256(content).hexdigest()
        more = {
            "content-type": kind,
            "content-digest": content_digest(content),
            **self.login.headers,
            **headers,
        }
        path = f"/v1/units/{self.unit}/attachments/{digest}"
        return self.center.client.put(path, params={"name": name}, content=content, headers=more)

    # ---- sending ---------------------------------------------------------------------------------

    def request(self, body: dict[str, Any], submission_id: str = "", **more: Any) -> SignedRequest:
        submission_id = submission_id or str(uuid.uuid4())
        if self.keyed:
            return self.center.submission(self.login, body, submission_id=submission_id, **more)
        return self.raw(canonical_json(body), submission_id)

    def raw(self, content: bytes, submission_id: str = "") -> SignedRequest:
        """An unsigned submission (profiles that ask for a signature only of units with a key)."""
        submission_id = submission_id or str(uuid.uuid4())
        headers = {
            **self.login.headers,
            "idempotency-key": submission_id,
            "content-type": "application/json",
            "content-digest": content_digest(content),
        }
        return SignedRequest("PUT", f"/v1/units/{self.unit}/submissions/{submission_id}", headers, content)

    def send(self, body: dict[str, Any], submission_id: str = "", **more: Any) -> httpx.Response:
        return self.center.send(self.request(body, submission_id, **more))

    def file(self, rows: Sequence[dict[str, str]], **changes: Any) -> dict[str, Any]:
        """Send rows that are taken; gives the receipt."""
        answer = self.send(self.body(rows, **changes))
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a successful GET below /v1."""
        answer = self.center.client.get(f"/v1{path}", headers=self.login.headers, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def unit_get(self, path: str, **params: Any) -> Any:
        return self.get(f"/units/{self.unit}{path}", **params)

    def inbox(self, tab: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("/inbox/items", tab=tab)["items"]
        return items

    # ---- the center's own books --------------------------------------------------------------------

    def account_row(self, number: str, business: str = "seal", **cells: str) -> dict[str, str]:
        """A row about an account, with the first reason and a good base where the business wants them."""
        rules = self.profile.rules(business)
        assert rules is not None
        row = {"account_no": number}
        if rules.reasons:
            row["reason"] = rules.reasons[0].code
        if "base" in rules.required:
            row["base"] = "8000.00"
        return row | cells

    def give_account(
        self,
        person: Person,
        status: AccountStatus = AccountStatus.NORMAL,
        sealed_month: int | None = None,
    ) -> str:
        """An account that the person has at this unit, as the counter opens it; gives its number."""
        context = self.context()
        row = Row(1, person.key, self.row(person))
        with self.center.store.write() as conn:
            work = Work(conn, self.profile, self.unit, "open", context.today, context.month)
            number = apply_rows(work, [row]).accounts[1]
            one = account.c.account_no == number
            changes = {"status": status.value, "sealed_month": sealed_month}
            conn.execute(update(account).where(one).values(changes))
        return number

    def accounts(self) -> list[Any]:
        with self.center.store.read() as conn:
            mine = select(account).where(account.c.unit_account == self.unit).order_by(account.c.account_no)
            return list(conn.execute(mine).all())


def clerk(center: CenterUnderTest, login_name: str = "guiyuan", name: str = "柜员") -> Login:
    """A clerk's session; the clerk is registered at first."""
    center.add_operator(login_name, (), name=name)
    answer = center.clerk_login(login_name, PASSWORD)
    assert answer.status_code == 200, answer.text
    reply = answer.json()
    return Login(reply, None)


def moved(center: CenterUnderTest, day: date) -> None:
    """Move the center's clock to ten o'clock of a day at the center."""
    center.clock.set(datetime(day.year, day.month, day.day, 2, 0, tzinfo=UTC))
