"""Requests made up from the center's own OpenAPI document, good and bad: none may break it."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from center.settings import Rates
from domain.wire import Problem
from tests.support.center import CenterUnderTest, Login, running_center

SLOW = pytest.mark.slow
UNLIMITED = (1e9, 10**9)
ENDS_THE_SESSION = "/v1/logout"
FIXED = {"unit": "100001", "submission_id": "00000000-0000-0000-0000-000000000001"}


def call(center: CenterUnderTest, login: Login, case: Any) -> None:
    """Send a case with a good session; what is refused must be a problem document and no breakdown."""
    arguments = case.as_transport_kwargs(base_url="http://center.test")
    headers = {**{str(name): str(value) for name, value in arguments["headers"].items()}, **login.headers}
    answer = center.client.request(
        arguments["method"],
        arguments["url"],
        params=arguments.get("params"),
        headers={name.encode(): value.encode("utf-8", "replace") for name, value in headers.items()},
        json=arguments.get("json"),
        content=arguments.get("data") if isinstance(arguments.get("data"), bytes | str) else None,
    )
    assert answer.status_code < 500, (case.method, case.path, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        Problem.model_validate(answer.json())


# PostgreSQL refuses more than SQLite does (NUL, too long, out of range), so it is the one that runs always.
@pytest.mark.parametrize("database_url", ["postgresql", pytest.param("sqlite", marks=SLOW)], indirect=True)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_made_up_requests_break_nothing(tmp_path: Path, database_url: str, mode: GenerationMode) -> None:
    rates = Rates(UNLIMITED, UNLIMITED, UNLIMITED, UNLIMITED)
    with running_center(tmp_path, "shanxi", url=database_url, rates=rates) as center:
        login = center.login(center.ready_agent())
        schema = schemathesis.openapi.from_dict(center.app.openapi())
        tried = 0
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            if operation.path == ENDS_THE_SESSION:
                continue

            @settings(
                max_examples=6, deadline=None, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def attempt(case: Any) -> None:
                case.path_parameters = {
                    name: FIXED.get(name, value) for name, value in (case.path_parameters or {}).items()
                }
                if case.query and "wait" in case.query:
                    case.query["wait"] = 0
                call(center, login, case)

            # An address without parameters and body has nothing that could be made wrong.
            with warnings.catch_warnings(), suppress(Unsatisfiable):
                warnings.simplefilter("ignore")
                attempt()
                tried += 1
        assert tried >= 15
        center.context(login)
