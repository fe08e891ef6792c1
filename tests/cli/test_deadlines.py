"""`gjj deadlines`: what is kept on this computer, exit codes for other programs, no login."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import main
from client.deadlines import DeadlineCache
from client.store.database import Database
from client.store.rows import Scope
from domain.deadlines_wire import DeadlineBasis

TOLD = DeadlineBasis(
    unit_account="100001", name="示例一中", today="2026-11-23", time="2026-11-23T02:00:00Z", month=202611,
    paid_through=202611, payday=15, base_adjusted=True,
)  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "config.toml"
    file.write_text('[center]\nprofile = "baishan"\n[files]\ndata_dir = "data"\n', encoding="utf-8")
    return str(file)


def keep(tmp_path: Path, unit: str = "100001", profile: str = "baishan", **changes: object) -> None:
    database = Database(tmp_path / "data")
    told = TOLD.model_copy(update={"unit_account": unit, "name": f"单位{unit}", **changes})
    DeadlineCache(database, Scope(profile, "center", unit, "agent")).keep(told)
    database.close()


def test_nothing_overdue_is_0_and_done_is_shown_on_demand(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path)
    assert main(["--config", config, "deadlines"]) == 0
    said = capsys.readouterr().out
    first = said.splitlines()[0]
    assert first == "单位100001  账号 100001  今天 2026-11-23  资料截至 2026-11-23 10:00"
    assert "2026年11月业务截止" in said and "已办" not in said
    assert main(["deadlines", "--config", config, "--all"]) == 0
    assert "已办" in capsys.readouterr().out


def test_something_overdue_is_1_whichever_unit_it_is(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path)
    keep(tmp_path, "100002", paid_through=202609, payday=0)
    assert main(["--config", config, "deadlines"]) == 1
    said = capsys.readouterr().out
    assert "账号 100001" in said and "账号 100002" in said and "补齐2026年10月汇缴" in said
    assert main(["--config", config, "deadlines", "--unit", "100001"]) == 0
    assert "100002" not in capsys.readouterr().out


def test_json_is_one_object_a_line_with_stable_names(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, paid_through=202609, payday=0)
    assert main(["--config", config, "deadlines", "--json"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    first = found[0]
    assert (first["unit"], first["kind"], first["state"]) == ("100001", "missing", "overdue")
    assert (first["due"], first["days_left"], first["workdays_left"]) == ("2026-10-31", -23, None)
    assert (first["today"], first["as_of"]) == ("2026-11-23", "2026-11-23T02:00:00Z")
    assert {one["state"] for one in found} <= {"overdue", "today", "soon", "unpublished", "unknown", "ahead"}


@pytest.mark.parametrize("more", [[], ["--unit", "100009"], ["--profile", "hangzhou"]])
def test_what_nothing_is_known_of_is_2_with_one_sentence(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    if more:
        keep(tmp_path)
    assert main(["--config", config, "deadlines", *more]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("。") == 1
    if not more:
        assert not (tmp_path / "data").exists()


def test_a_broken_configuration_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "none.toml"), "deadlines"]) == 2
    assert "找不到配置文件" in capsys.readouterr().err


def test_hostile_names_are_harmless_in_the_output(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, name="坏\x1b[31m单位")
    assert main(["--config", config, "deadlines"]) == 0
    assert "\x1b" not in capsys.readouterr().out
