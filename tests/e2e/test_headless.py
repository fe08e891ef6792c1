"""`gjj submit` and `gjj status` as a program of the personnel office drives them: secrets typed, JSON out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import PDF
from tests.e2e.office import SECRETS, Office
from tests.e2e.site import PASSWORD, PIN, WRONG_PIN
from tests.support.pty_terminal import REPOSITORY

pytestmark = at("baishan")



def test_a_roster_goes_from_the_file_to_the_receipt(site_of: MakeSite, tmp_path: Path) -> None:
    office = Office(site_of("baishan"), tmp_path)
    (tmp_path / "名册.pdf").write_bytes(PDF)
    path = office.roster(3)
    asked = (*SECRETS, ("确认提交吗", "y"))
    words = ["submit", "open", str(path), "--attach", str(tmp_path / "名册.pdf"), *office.who]
    [receipt] = office.run(*words, answers=asked)
    assert (receipt["state"], receipt["count"], receipt["ok"], receipt["failed"]) == ("done", 3, 3, 0)
    [filed] = office.site.submissions(office.agent.unit)
    assert filed.serial == receipt["serial"] and filed.signature
    for secret in (PASSWORD, PIN):
        assert secret not in office.said
    told = office.run("status", receipt["serial"], *office.who, answers=SECRETS)
    assert told[0]["serial"] == receipt["serial"] and [row["state"] for row in told[1:]] == ["ok"] * 3
    assert office.run("submit", "open", str(path), *office.who, answers=SECRETS, code=1)[0]["findings"]
    assert len(office.site.submissions(office.agent.unit)) == 1


@pytest.mark.parametrize(
    ("wrong", "secrets", "words", "code", "sentence"),
    [
        ({"id_number": "110101199003070012"}, SECRETS, (), 1, "没有提交"),
        ({}, SECRETS, (), 2, "须上传档案"),
        ({}, (*SECRETS, ("确认提交吗", "n")), ("--attach", "x.pdf"), 2, "没有提交，没有任何改动"),
        ({}, (("登录密码", PASSWORD), ("UKey PIN", WRONG_PIN)), (), 2, "PIN"),
        ({}, (("登录密码", "no"), ("UKey PIN", PIN)), (), 2, "密码"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_sent(
    site_of: MakeSite,
    tmp_path: Path,
    wrong: dict[str, str],
    secrets: Sequence[tuple[str, str]],
    words: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    office = Office(site_of("baishan"), tmp_path)
    path = office.roster(2, **wrong)
    sure = () if words else ("--yes",)
    office.run("submit", "open", str(path), *sure, *words, *office.who, answers=secrets, code=code)
    assert sentence in office.said
    assert office.site.submissions(office.agent.unit) == []


def test_what_a_cut_left_is_sent_by_the_next_command(site_of: MakeSite, tmp_path: Path) -> None:
    office = Office(site_of("baishan"), tmp_path)
    (tmp_path / "名册.pdf").write_bytes(PDF)
    path = office.roster(1)
    office.site.die_after_commit()
    words = ["submit", "open", str(path), "--attach", str(tmp_path / "名册.pdf"), "--yes", "--wait", "1"]
    assert office.run(*words, *office.who, answers=SECRETS, code=3) == []
    assert "已保存在发件箱" in office.said
    office.site.start()
    [told] = office.run("status", *office.who, answers=SECRETS)
    assert (told["total"], told["ok"]) == (1, 1)
    assert len(office.site.submissions(office.agent.unit)) == 1


def test_without_a_terminal_no_secret_is_taken(tmp_path: Path, site_of: MakeSite) -> None:
    office = Office(site_of("baishan"), tmp_path)
    command = [sys.executable, "-m", "cli.main", "status", *office.who]
    secret = f"{PASSWORD}\n{PIN}\n".encode()
    done = subprocess.run(
        command, cwd=REPOSITORY, input=secret, capture_output=True, start_new_session=True
    )
    assert done.returncode == 2 and done.stdout == b""
    assert "请在终端中运行这个命令" in done.stderr.decode()


def test_what_is_known_is_queried_and_taken_away(site_of: MakeSite, tmp_path: Path) -> None:
    office = Office(site_of("baishan"), tmp_path)
    (tmp_path / "名册.pdf").write_bytes(PDF)
    path = office.roster(2)
    words = ["submit", "open", str(path), "--attach", str(tmp_path / "名册.pdf"), "--yes"]
    office.run(*words, *office.who, answers=SECRETS)
    rows = office.run("query", "accounts", *office.who, answers=SECRETS)
    assert len(rows) == 2 and {row["state"] for row in rows} == {"正常"}
    [batch] = office.run("query", "submissions", *office.who, answers=SECRETS)
    assert (batch["business"], batch["ok"]) == ("open", 2)
    target = tmp_path / "账户.csv"
    [told] = office.run("export", "accounts", str(target), *office.who, answers=SECRETS)
    assert told == {"file": str(target), "rows": 2}
    text = (tmp_path / "账户.csv").read_text("gb18030")
    assert rows[0]["id_number"] in text and rows[0]["unit_amount"] in text
    again = ["export", "accounts", str(tmp_path / "账户.csv")]
    office.run(*again, *office.who, code=2)
    assert "已存在" in office.said


@pytest.mark.parametrize(
    ("words", "asked", "sentence"),
    [
        (["query", "person_ledger"], (), "须用 --account 指明"),
        (["query", "annual"], (), "须用 --year 指明"),
        (["export", "accounts", "a.docx"], (), "文件的后缀应为"),
        (["query", "changes", "--from", "2026-11-20", "--to", "2026-11-01"], SECRETS, "早于起始日期"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_sentence(
    site_of: MakeSite, tmp_path: Path, words: list[str], asked: Sequence[tuple[str, str]], sentence: str
) -> None:
    office = Office(site_of("baishan"), tmp_path)
    assert office.run(*words, *office.who, answers=asked, code=2) == []
    assert sentence in office.said
