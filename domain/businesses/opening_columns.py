"""The catalogue of registration columns; a profile chooses, orders and titles them (features.md 20)."""

from __future__ import annotations

from domain.business import Column, Kind

CATALOGUE: tuple[Column, ...] = (
    Column("serial", "序号", Kind.SERIAL, 5, in_roster=False),
    Column("name", "姓名", Kind.NAME, 12, aliases=("个人姓名", "职工姓名", "缴存人姓名")),
    Column("id_number", "证件号码", Kind.ID, 19, aliases=("身份证号", "身份证号码", "证件号")),
    Column("mobile", "手机号码", Kind.MOBILE, 12, aliases=("手机号", "联系电话", "个人联系电话")),
    Column("marriage", "婚姻状况", Kind.CODE, 9, codes="marriage"),
    Column("occupation", "职业", Kind.CODE, 12, codes="occupation"),
    Column("title", "职称", Kind.CODE, 10, codes="title"),
    Column("duty", "职务", Kind.CODE, 10, codes="duty"),
    Column("education", "学历", Kind.CODE, 10, codes="education"),
    Column(
        "base", "个人缴存基数", Kind.MONEY, 13, aliases=("缴存基数", "月均工资", "工资基数", "缴存基数（元）")
    ),
    Column("ratio", "缴存比例", Kind.RATIO, 9, aliases=("单位缴存比例",)),
    Column("unit_ratio", "单位比例", Kind.RATIO, 9, computed=True),
    Column("person_ratio", "个人比例", Kind.RATIO, 9, computed=True),
    Column("unit_amount", "单位月缴存额", Kind.MONEY, 13, computed=True),
    Column("person_amount", "个人月缴存额", Kind.MONEY, 13, computed=True),
    Column("total_amount", "合计月缴存额", Kind.MONEY, 13, computed=True, aliases=("月缴存额",)),
    Column("fund_type", "资金性质", Kind.CODE, 14, codes="fund_type"),
    Column("address", "家庭住址", Kind.TEXT, 20),
    Column("email", "电子邮箱", Kind.TEXT, 18),
)
