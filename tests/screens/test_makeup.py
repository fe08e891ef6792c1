"""Making up on the screen: a person picked, amounts shown, the roster, the receipt, files, the queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from client.store.rows import StoredRow
from domain.business import Source, template_columns
from domain.businesses.registry import declare
from screens.roster_parts import InfoLine, QueueGrid
from tests.screens.conftest import MakePlace
from tests.support.carry_out import carry_out
from tests.support.filing import PDF
from tests.support.money import give_unallocated
from tests.support.workbooks import write_table
from tests.support.workplace import Desk, Workplace, running
from tui import theme
from tui.grid import Grid

OFFERING = ["baishan", "lyszfgjj", "shaanxi", "shanxi"]
ALL = [("makeup", name) for name in OFFERING] + [("makeup_missed", "hangzhou"), ("makeup_short", "hangzhou")]
BOTH = ["makeup_missed", "makeup_short"]
KEYS = {
    "makeup": "01\r202610\r500\r",
    "makeup_missed": "202608\r202610\r9000\r12\r",
    "makeup_short": "202608\r202610\r8000\r12\r9000\r12\r",
}
SUMS = {"makeup": "500.00", "makeup_missed": "6,480.00", "makeup_short": "720.00"}
ROWS = {
    "makeup": {"reason": "01", "month": "202610", "total_amount": "500"},
    "makeup_missed": {"first_month": "202608", "last_month": "202610", "due_base": "9000", "due_ratio": "12",
                      "month_amount": "2160", "total_amount": "6480"},
    "makeup_short": {"first_month": "202608", "last_month": "202610", "due_base": "9000", "due_ratio": "12",
                     "paid_base": "8000", "paid_ratio": "12", "month_amount": "240", "total_amount": "720"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are worked off by hand."""
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)


def placed(make_place: MakePlace, name: str, count: int = 1) -> tuple[Workplace, list[tuple[str, str, str]]]:
    """A workplace, and people of its unit: name, account, ID number; the copy of hangzhou knows them."""
    place = make_place(name, paid_through=202610)
    give_unallocated(place.center.store, place.office.unit)
    people = place.office.people(count)
    known = [(one.name, place.office.give_account(one), one.id_number) for one in people]
    if place.profile.local_database:
        place.state.synchronise(lambda progress: None)
    return place, known


def rows(place: Workplace, business: str, source: str = "single") -> list[StoredRow]:
    store = place.state.rosters()
    head = store.open_draft(place.state.scope(), business, source)  # type: ignore[arg-type]
    return list(store.rows(head.roster_id))


def left(desk: Desk) -> str:
    """What stands in the entry pane, its lines joined as they were broken."""
    return "".join(line.partition("|")[0].strip() for line in desk.picture().splitlines())


async def send(desk: Desk, place: Workplace, business: str) -> None:
    """F10, yes, the attachment and the question about printing where there is one, up to the receipt."""
    rules = place.profile.offered()[business]
    await desk.press("<f10>")
    if "全部勾选" in desk.picture():
        await desk.press("y")
    await desk.see("总补缴金额：")
    assert SUMS[business] in desk.picture()
    await desk.press("y")
    if rules.attachments:
        place.deliver("名册.pdf", PDF)
        await desk.press("<f6>1\r")
        await desk.press("<f10>")
    if rules.print_after:
        await desk.see("提交审批完成，是否打印凭条")
        await desk.press("y")
    await desk.see("业务流水号")


@pytest.mark.parametrize(
    ("business", "name"),
    [
        pytest.param(
            business,
            name,
            marks=[
                pytest.mark.feature(row, profile=name)
                for row in ("M-01", "M-02", "M-07", "W-07")
                if (row, name) != ("M-02", "shaanxi")
            ],
        )
        for business, name in ALL
    ],
)
async def test_a_person_is_picked_recorded_and_sent(make_place: MakePlace, business: str, name: str) -> None:
    place, ((who, number, _),) = placed(make_place, name)
    rules = place.profile.offered()[business]
    async with running(place) as desk:
        await desk.open(f"business:{business}")
        assert desk.title == rules.title
        await desk.press(f"{number}\r")
        assert who[:3] in desk.picture()
        await desk.press(KEYS[business])
        assert f"补缴金额{SUMS[business]}元" in desk.status, desk.picture()
        assert desk.status.startswith("录入成功" if name != "shaanxi" else "已添加到补缴核定清册")
        await send(desk, place, business)
        if rules.print_after:
            await desk.see("打印补缴凭条")
            await desk.press("2\r")
            await desk.until(lambda: "补缴凭条已存为" in desk.status, "where the voucher is")
    (batch,) = place.office.unit_get("/submissions", business=business)["batches"]
    assert (batch["total"], batch["amount"]) == (1, SUMS[business].replace(",", ""))
    written = (
        [path.name for path in (place.folder / "out").glob("*")] if (place.folder / "out").exists() else []
    )
    assert bool(written) is bool(rules.print_after)
    if written:
        [printed] = (place.folder / "out").glob("补缴凭条_*.txt")
        told = printed.read_bytes().decode("gb18030")
        assert who[:3] in told and SUMS[business] in told and batch["serial"] in told


@pytest.mark.parametrize("business", BOTH)
async def test_amounts_stand_in_the_form_while_typing(make_place: MakePlace, business: str) -> None:
    place, ((_, number, _),) = placed(make_place, "hangzhou")
    async with running(place) as desk:
        await desk.open(f"business:{business}")
        await desk.press(f"{number}\r" + KEYS[business][:-1])
        picture = desk.picture()
        assert SUMS[business].replace(",", "") in picture and "一般公积金" in picture


@pytest.mark.feature("V-13", profile="hangzhou")
async def test_a_wage_below_the_least_is_set_to_it_and_said(make_place: MakePlace) -> None:
    place, ((_, number, _),) = placed(make_place, "hangzhou")
    async with running(place) as desk:
        await desk.open("business:makeup_missed")
        await desk.press(f"{number}\r202608\r202608\r1000\r")
        assert "2660.00" in desk.picture() and "最低缴存基数" in desk.picture()
        await desk.press("12\r")
    (row,) = rows(place, "makeup_missed")
    assert (row.checked["due_base"], row.amount) == ("2660.00", 63_840)


@pytest.mark.feature("M-12", profile="hangzhou")
@pytest.mark.feature("V-21", profile="hangzhou")
@pytest.mark.parametrize("business", BOTH)
async def test_overlapping_months_are_refused_at_entry(make_place: MakePlace, business: str) -> None:
    place, ((_, number, _),) = placed(make_place, "hangzhou")
    wages = KEYS[business].split("\r", 2)[2]
    async with running(place) as desk:
        await desk.open(f"business:{business}")
        await desk.press(f"{number}\r{KEYS[business]}")
        await desk.press(f"{number}\r202610\r202611\r{wages}")
        assert "存在重复补缴的年月" in desk.picture()
        assert len(rows(place, business)) == 1
        await desk.press("<f12>")
        await desk.open(f"business:{business}")
    assert len(rows(place, business)) == 1


@pytest.mark.feature("M-08", profile="shaanxi")
async def test_shaanxi_changes_and_takes_back_what_it_filed(make_place: MakePlace) -> None:
    place, ((_, number, _),) = placed(make_place, "shaanxi")
    row = {"account_no": number, **ROWS["makeup"], "total_amount": "500.00"}
    carry_out(place.office, [row], "makeup")
    titles = []
    for business, keys in (("makeup_change", "01\r202610\r600\r"), ("makeup_cancel", "202610\r")):
        async with running(place) as desk:
            await desk.open(f"business:{business}")
            titles.append(desk.title)
            await desk.press(f"{number}\r{keys}")
            await desk.press("<f10>y")
            await desk.see("业务流水号")
            assert "成功 1" in desk.picture()
        place.again()
    assert titles == ["补缴修改", "取消补缴"]
    async with running(place) as desk:
        await desk.open("query:makeup")
        await desk.see("补缴类型")
        assert all(title in desk.picture() for title in ("补缴核定", "补缴修改", "取消补缴"))


@pytest.mark.feature("M-12", profile="hangzhou")
async def test_months_the_center_has_are_found_in_the_background(make_place: MakePlace) -> None:
    place, ((_, number, _),) = placed(make_place, "hangzhou")
    row = {"account_no": number, **ROWS["makeup_missed"], "fund_type": "general"}
    place.office.file([row], business="makeup_missed")
    async with running(place) as desk:
        await desk.open("business:makeup_missed")
        await desk.press(f"{number}\r{KEYS['makeup_missed']}")
        await desk.until(lambda: rows(place, "makeup_missed")[0].bad, "the center's finding")
        await desk.until(lambda: "存在重复补缴的年月" in desk.status, "its sentence")


@pytest.mark.feature("V-23", profile="hangzhou")
@pytest.mark.feature("W-07", profile="hangzhou")
async def test_a_month_not_past_stays_under_the_cursor(make_place: MakePlace) -> None:
    place, ((_, number, _),) = placed(make_place, "hangzhou")
    async with running(place) as desk:
        await desk.open("business:makeup_missed")
        await desk.press(f"{number}\r202612\r")
        assert "起始年月不得大于或等于当前业务年月202612" in left(desk).replace(" ", "")


@pytest.mark.feature("W-06", profile="hangzhou")
@pytest.mark.feature("E-06", profile="hangzhou")
@pytest.mark.parametrize("business", BOTH)
async def test_a_wrong_number_is_told_at_the_field(make_place: MakePlace, business: str) -> None:
    place, _ = placed(make_place, "hangzhou")
    async with running(place) as desk:
        await desk.open(f"business:{business}")
        await desk.press("10000199999999\r")
        assert "不存在缴存关系或不属于此单位" in left(desk), desk.picture()


@pytest.mark.parametrize("business", BOTH)
async def test_the_business_month_stands_in_red(make_place: MakePlace, business: str) -> None:
    place, _ = placed(make_place, "hangzhou")
    async with running(place) as desk:
        await desk.open(f"business:{business}")
        line = desk.app.screen.query_one(InfoLine)
        spans, _ = line.spans(80)
        red = [text for text, style in spans if style == theme.ERROR]
        assert red == ["业务年月 202612"]


# ---- the roster ----------------------------------------------------------------------------------


@pytest.mark.feature("M-08", profile=["baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi"])
@pytest.mark.parametrize(("business", "name"), ALL)
async def test_rows_are_deleted_and_only_shaanxi_changes_them(
    make_place: MakePlace, business: str, name: str
) -> None:
    place, ((_, number, _),) = placed(make_place, name)
    assert place.profile.queue_of(business).edit_row is (name == "shaanxi")
    async with running(place) as desk:
        await desk.open(f"business:{business}")
        await desk.press(f"{number}\r{KEYS[business]}")
        grid = desk.app.screen.query_one(Grid)
        desk.app.screen.set_focus(grid)
        await desk.settle()
        if name == "shaanxi":
            grid.goto(0, "total_amount")
            await desk.press("600\r")
            assert rows(place, business)[0].amount == 60_000
            grid.goto(0, "name")
        await desk.press(" <ctrl+k>")
        if place.profile.queue_of(business).delete_confirm:
            await desk.see("确认吗")
            await desk.press("y")
        await desk.until(lambda: not any(row.amount for row in rows(place, business)), "the row to go")


# ---- files ---------------------------------------------------------------------------------------


def deliver(place: Workplace, business: str, lines: Sequence[Mapping[str, str]]) -> None:
    """A filled workbook of the center's template in the person's folder."""
    columns = template_columns(declare(business, place.profile))
    cells = [[column.title for column in columns], *([row.get(c.key, "") for c in columns] for row in lines)]
    path = place.folder / "in" / f"名单.{place.profile.imports.template_format}"
    path.parent.mkdir(exist_ok=True)
    write_table(path, cells)
    place.deliver(path.name, path.read_bytes())


def lines_of(people: Sequence[tuple[str, str, str]], business: str) -> list[dict[str, str]]:
    """Faultless lines of a file."""
    return [
        {"serial": str(at), "account_no": number, "name": name, "id_number": identity, **ROWS[business]}
        for at, (name, number, identity) in enumerate(people, 1)
    ]


async def take(desk: Desk, place: Workplace) -> None:
    """Import the newest file of the folder, in as many steps as the center wants."""
    await desk.press("<f7>1\r")
    await desk.see("收件文件夹")
    await desk.press("1\r")
    if place.profile.imports.two_step:
        await desk.press("<f7>2\r")


@pytest.mark.feature("M-05", profile=["baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi"])
@pytest.mark.parametrize(("business", "name"), ALL)
async def test_a_file_becomes_rows_and_is_sent(make_place: MakePlace, business: str, name: str) -> None:
    place, people = placed(make_place, name, 2)
    batch = bool(place.profile.offered()[business].batch_title)
    deliver(place, business, lines_of(people, business))
    async with running(place) as desk:
        await desk.open(f"{'batch' if batch else 'business'}:{business}")
        await take(desk, place)
        stored = rows(place, business, "file" if batch else "single")
        assert [(row.bad, row.source) for row in stored] == [(False, Source.FILE)] * 2, desk.picture()
        assert "总补缴金额" in desk.status and ("总人数 2" if batch else "总笔数 2") in desk.picture()
        if batch:
            await desk.press("<f10>y")
            await desk.see("批量发送成功")
    if batch:
        (one,) = place.office.unit_get("/submissions", business=business)["batches"]
        assert (one["total"], one["processing"] + one["pending"]) == (2, 2)


# ---- queries -------------------------------------------------------------------------------------


@pytest.mark.feature("M-15", profile=["hangzhou", "shaanxi"])
@pytest.mark.feature("Q-12", profile="shaanxi")
@pytest.mark.parametrize("name", OFFERING)
async def test_what_was_filed_is_queried_by_the_day_of_filing(make_place: MakePlace, name: str) -> None:
    place, ((_, number, _),) = placed(make_place, name)
    row = {"account_no": number, **ROWS["makeup"], "total_amount": "500.00"}
    receipt = carry_out(place.office, [row], "makeup")
    async with running(place) as desk:
        await desk.open("query:makeup")
        await desk.see(receipt["serial"])
        assert "核定日期从" in desk.picture()
        await desk.press("\r")
        await desk.see("全部 1 笔")
        if place.profile.offered()["makeup"].voucher:
            await desk.press("<ctrl+p>")
            await desk.press("2\r")
            await desk.see("针式打印机文本")
            await desk.press("1\r")
            await desk.until(lambda: list((place.folder / "out").glob("*凭*.pdf")), "the voucher")


@pytest.mark.feature("Q-12", profile="hangzhou")
@pytest.mark.feature("M-15", profile="hangzhou")
@pytest.mark.feature("M-14", profile="hangzhou")
async def test_one_query_lists_both_kinds(make_place: MakePlace) -> None:
    place, people = placed(make_place, "hangzhou", 2)
    serials = []
    for (_, number, _), business in zip(people, BOTH, strict=True):
        row = {"account_no": number, **ROWS[business], "fund_type": "general"}
        serials.append(place.office.file([row], business=business)["serial"])
    async with running(place) as desk:
        await desk.open("query:makeup_missed")
        assert desk.title == "职工补缴信息查询"
        await desk.see(serials[0])
        picture = desk.picture()
        lines = [line for line in picture.splitlines() if any(serial in line for serial in serials)]
        assert [("少缴补缴" in line, "漏缴补缴" in line) for line in lines] == [(True, False), (False, True)]
        assert "补缴类型" in picture and "登记日期" in picture
        await desk.press("\r")
        await desk.see(f"{serials[1]} 全部 1 笔")
        columns = [column.title for column in desk.app.screen.query(QueueGrid).last(QueueGrid).model.columns]
        assert "已缴月均工资" in columns and "月缴存差额" in columns


@pytest.mark.parametrize(("business", "name"), ALL)
def test_the_manual_says_which_months(business: str, name: str) -> None:
    from domain.profile import load_profile
    from screens.manual_rules import business_lines

    text = "\n".join(business_lines(declare(business, load_profile(name))))
    assert ("早于当前业务年月" in text) is (name == "hangzhou")
    assert ("不超过单位的缴至月份" in text) is (name != "hangzhou")
    assert ("往年的到中心柜台办理" in text) is (name == "shaanxi")
    assert ("8% 至 12%" in text) is (name == "hangzhou")
