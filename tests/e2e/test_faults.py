"""The center or the program dies, the terminal closes: nothing typed is lost, nothing is filed twice."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import SLOW, Desk
from tests.e2e.site import Site

pytestmark = at("lyszfgjj")

WAITING = "中心暂时连不上，已保存在发件箱，恢复后自动发送。"
OFFLINE = "连不上中心，填写的内容都还在"


def ready_to_submit(site: Site, folder: Path) -> Desk:
    """An agent with one person in the roster."""
    desk = Desk(site, folder, site.agent())
    desk.log_in()
    desk.open()
    desk.register([site.person()])
    desk.see("总人数 1")
    return desk


def exactly_one(desk: Desk) -> None:
    """The answer has come by itself, and the books hold one submission with one account."""
    desk.see("已受理，业务流水号", "总人数 0", timeout=60)
    assert desk.agent is not None
    [filed] = desk.site.submissions(desk.agent.unit)
    assert filed.serial in desk.text
    assert len(desk.site.accounts(desk.agent.unit)) == 1
    assert "未发" not in desk.text


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_center_killed_in_the_middle_of_a_submission(
    site_of: MakeSite, tmp_path: Path, moment: str
) -> None:
    """Killed before it has read the request, or after its commit and before its answer."""
    site = site_of("lyszfgjj")
    with ready_to_submit(site, tmp_path) as desk:
        assert desk.agent is not None
        if moment == "before":
            site.freeze()
            desk.confirm(1)
            desk.see("正在提交")
            site.kill()
        else:
            site.die_after_commit()
            desk.confirm(1)
        desk.see(WAITING[:20], "未发1")
        assert len(site.submissions(desk.agent.unit)) == (0 if moment == "before" else 1)
        assert not site.answers()
        site.start()
        exactly_one(desk)


def test_a_center_that_is_not_there_at_the_start(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("lyszfgjj")
    agent = site.agent()
    site.kill()
    with Desk(site, tmp_path, agent) as desk:
        desk.see(OFFLINE)
        fields = desk.login_fields("Falsch-2026")
        desk.keys("\r".join(fields[:-1]))
        desk.see(*fields[:-1])
        site.start()
        desk.see("中心已恢复连接", *fields[:-1])
        desk.keys("\r" + "Zhangsan-2026\r")
        desk.finish_login()


@pytest.mark.parametrize("how", ["killed", "hung up"])
def test_what_was_typed_outlives_the_program(site_of: MakeSite, tmp_path: Path, how: str) -> None:
    site = site_of("lyszfgjj")
    someone = site.person()
    with ready_to_submit(site, tmp_path) as desk:
        desk.keys(f"{someone.name}\r{someone.id_number[:11]}")
        desk.see(someone.id_number[:11])
        stored = tmp_path / "data"
        desk.terminal.wait(lambda: kept(stored, someone.id_number[:11]), SLOW, "the draft")
        desk.terminal.wait(lambda: kept(stored, "@place"), SLOW, "the place")
        if how == "killed":
            desk.terminal.process.send_signal(signal.SIGKILL)
        else:
            desk.terminal.hang_up()
        desk.terminal.wait_exit(20)
        desk.again()
        desk.take_up()
        desk.see("总人数 1", someone.name, someone.id_number[:11])


def kept(folder: Path, text: str) -> bool:
    """Whether the local store holds a text in what is half typed."""
    connection = sqlite3.connect(f"file:{folder / 'gjj.db'}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in connection.execute("select name from sqlite_master where type='table'")]
        rows = [row for name in tables for row in connection.execute(f'select * from "{name}"')]
    finally:
        connection.close()
    return any(text in str(row) for row in rows)


def test_bytes_of_another_encoding_do_not_end_the_program(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("lyszfgjj")
    someone = site.person()
    with Desk(site, tmp_path, site.agent()) as desk:
        desk.log_in()
        desk.open()
        desk.terminal.send("张三丰，女".encode("gbk"))
        desk.terminal.wait_quiet()
        desk.see("终端编码不是 UTF-8")
        desk.keys("<ctrl+w>")
        desk.register([someone])
        desk.see("总人数 1", someone.id_number)
