"""`gjj center`: what its commands do, and how the server starts and stops as a process."""

from __future__ import annotations

import argparse
import io
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from sqlalchemy import insert, select, update

from center.auth.passwords import verify_password
from center.ca import demo_authority, read_certificate, trusted_certificates
from center.clock import SystemClock
from center.store.engine import Store
from center.store.tables import audit, certificate, operator, operator_unit, unit
from cli import center_cmd
from tests.support.center import SoftKey, make_settings

RUN = "import argparse, sys; from cli import center_cmd as c; p = argparse.ArgumentParser(); "
RUN += "c.add_parser(p.add_subparsers()); a = p.parse_args(); sys.exit(a.run(a))"


def gjj(*words: str) -> int:
    parser = argparse.ArgumentParser()
    center_cmd.add_parser(parser.add_subparsers())
    args = parser.parse_args(["center", *words])
    result = args.run(args)
    assert isinstance(result, int)
    return result


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of a migrated demo center with one unit."""
    folder = tmp_path / "data"
    assert gjj("migrate", "--data", str(folder)) == 0
    store = Store(make_settings(folder))
    with store.write() as conn:
        conn.execute(
            insert(unit).values(
                unit_account="100001", name="示例一中", unified_ratio=True, ratios="[[1200,1200]]",
                fund_types="[]",
            )
        )  # fmt: skip
    store.close()
    return folder


def certificate_file(data: Path) -> Path:
    authority = demo_authority(data, SystemClock().now())
    der = authority.issue(SoftKey.make().public_der, common_name="示例一中", now=SystemClock().now())
    path = data / "key.pem"
    path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM))
    return path


def rows(data: Path, table: object) -> list[object]:
    store = Store(make_settings(data))
    with store.read() as conn:
        found = conn.execute(select(table)).all()  # type: ignore[call-overload]
    store.close()
    return list(found)


def test_certificates_are_registered_once_and_revoked(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(certificate_file(data))
    where = ("--data", str(data), "--demo")
    capsys.readouterr()
    assert gjj("cert", "register", file, "--unit", "100001", *where) == 0
    fingerprint = capsys.readouterr().out.strip().removeprefix("已登记：")
    assert len(fingerprint) == 64
    assert gjj("cert", "register", file, "--unit", "100009", *where) == 1
    assert capsys.readouterr().err == "没有单位账号100009，请核对后重试。\n"
    assert gjj("cert", "revoke", fingerprint.upper(), *where) == 0
    assert gjj("cert", "revoke", fingerprint, *where) == 1
    assert len(rows(data, certificate)) == 1
    assert [row.action for row in rows(data, audit)] == ["cert.register", "cert.revoke"]  # type: ignore[attr-defined]


def test_without_demo_the_demo_authority_is_not_trusted(data: Path) -> None:
    file = str(certificate_file(data))
    assert gjj("cert", "register", file, "--unit", "100001", "--data", str(data)) == 1
    assert rows(data, certificate) == []


def test_a_file_that_is_no_certificate(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = data / "bad.cer"
    bad.write_bytes(b"hello")
    assert gjj("cert", "register", str(bad), "--unit", "100001", "--data", str(data)) == 2
    assert "不是X.509证书" in capsys.readouterr().err


def test_adding_an_agent_and_a_clerk(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Geheim-2026\n"))
    where = ("--data", str(data))
    added = gjj("operator", "add", "zhangsan", "张三", "--unit", "100001", "--permit", "open", *where)
    assert added == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("Geheim-2027\n"))
    assert gjj("operator", "add", "guiyuan", "王柜员", *where) == 0
    agent, clerk = sorted(rows(data, operator), key=lambda row: row.role)  # type: ignore[attr-defined]
    assert (agent.role, agent.home_unit, agent.must_change) == ("agent", "100001", True)  # type: ignore[attr-defined]
    assert verify_password(agent.password_hash, "Geheim-2026")  # type: ignore[attr-defined]
    assert (clerk.role, clerk.home_unit) == ("clerk", "")  # type: ignore[attr-defined]
    assert [row.permissions for row in rows(data, operator_unit)] == ['["open"]']  # type: ignore[attr-defined]
    assert "Geheim" not in str(rows(data, audit))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("zhangsan", "张三", "--unit", "9"), "没有单位账号9，请核对后重试。"),
        (("guiyuan", "王柜员"), "登录名称guiyuan已被使用，请另取一个。"),
    ],
)
def test_operators_that_cannot_be_added(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    text: str,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Geheim-2026\n" * 2))
    assert gjj("operator", "add", "guiyuan", "王柜员", "--data", str(data)) == 0
    assert gjj("operator", "add", *words, "--data", str(data)) == 1
    assert capsys.readouterr().err.strip() == text


def test_no_password_is_no_operator(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert gjj("operator", "add", "guiyuan", "王柜员", "--data", str(data)) == 1
    assert rows(data, operator) == []


def test_passwords_are_no_arguments(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        gjj("operator", "add", "guiyuan", "王柜员", "--password", "x", "--data", str(data))
    capsys.readouterr()


def test_audit_command(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Geheim-2026\n"))
    gjj("operator", "add", "guiyuan", "王柜员", "--data", str(data))
    capsys.readouterr()
    assert gjj("audit", "--verify", "--data", str(data)) == 0
    assert capsys.readouterr().out == "审计日志完整，未被改动。\n"
    store = Store(make_settings(data))
    with store.write() as conn:
        conn.execute(update(audit).values(actor="别人"))
    store.close()
    assert gjj("audit", "--verify", "--data", str(data)) == 1
    assert capsys.readouterr().err.startswith("审计日志从第1条起缺失或被改动")


def test_another_profile_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gjj("migrate", "--data", str(data), "--profile", "shanxi") == 1
    assert "属于“baishan”中心" in capsys.readouterr().err


def test_the_demo_authority_is_kept_safe(tmp_path: Path) -> None:
    first = demo_authority(tmp_path, SystemClock().now())
    again = demo_authority(tmp_path, SystemClock().now())
    assert first.der == again.der
    assert stat.S_IMODE((tmp_path / "ca" / "ca-key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "ca").stat().st_mode) == 0o700
    assert trusted_certificates(tmp_path, demo=False) == ()
    assert trusted_certificates(tmp_path, demo=True) == (first.der,)
    (tmp_path / "trusted_ca").mkdir()
    (tmp_path / "trusted_ca" / "root.cer").write_bytes(first.der)
    assert trusted_certificates(tmp_path, demo=False) == (first.der,)
    assert read_certificate(tmp_path / "ca" / "ca.pem") == first.der


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_where_it_is_and_stops_when_told(tmp_path: Path, stop: signal.Signals) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-c", RUN, "center", "serve", "--data", str(tmp_path / "c"), "--demo"]
    process = subprocess.Popen(
        [*command, "--port-file", str(port_file)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("中心已启动：http://127.0.0.1:")
        address = line.removeprefix("中心已启动：")
        deadline = time.monotonic() + 10
        while not port_file.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert address.endswith(f":{port_file.read_text().strip()}")
        assert httpx.get(f"{address}/v1/health").json()["demo"] is True
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "中心已停止。\n")
    finally:
        process.kill()
        process.wait()


def test_a_statement_is_checked_and_taken_and_taken_again(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.store.money_tables import bank_receipt
    from exports.reader import read_workbook

    path, errors = tmp_path / "对账单.csv", tmp_path / "错误.xlsx"
    lines = [
        "流水号,日期,收入金额,支出金额,对方户名",
        "B1,20200101,100.00,,示例一中",
        "B2,20200101,10.00,,某公司",
        "B3,20200101,,7.00,某公司",
        "B4,20200101,0,,某公司",
    ]
    path.write_text("\n".join(lines), "utf-8")
    words = ("receipts", str(path), "--data", str(data), "--errors", str(errors))
    assert gjj(*words, "--check") == 1
    told = capsys.readouterr()
    assert "可登记2笔、110.00元" in told.out and "付款1笔、7.00元" in told.out
    assert "将记入单位未分配金额：1笔" in told.out and "第5行：金额不能为零" in told.err
    assert rows(data, bank_receipt) == []
    errors.unlink()
    assert gjj(*words) == 1
    assert "记入汇补缴不符暂存款：1笔" in capsys.readouterr().out
    assert read_workbook(errors, sheet="错误清单").rows[1].texts[6].startswith("金额不能为零")
    stored = rows(data, bank_receipt)
    assert len(stored) == 2
    path.write_text("\n".join(lines[:4]), "utf-8")
    assert gjj("receipts", str(path), "--data", str(data)) == 0
    assert "此前已登记：2笔" in capsys.readouterr().out and rows(data, bank_receipt) == stored
    path.write_text("\n".join([lines[0], "B1,20200101,99.00,,示例一中"]), "utf-8")
    assert gjj("receipts", str(path), "--data", str(data)) == 1
    assert "内容不同" in capsys.readouterr().err
    path.write_text("姓名,证件号码\n赵伟,1\n", "utf-8")
    assert gjj("receipts", str(path), "--data", str(data)) == 2
    assert gjj("receipts", str(tmp_path / "absent.xlsx"), "--data", str(data)) == 2
