"""Checks of the books against what they were kept for: submissions, units, accounts, receipts, orders."""

from __future__ import annotations

from typing import Final

from center.ledger.checks import every, query

# ---- 4, 5, 15, 16, 18, 19: submissions -----------------------------------------------------------------

SUBMITTED: Final = (
    "submission s ON s.submission_id = j.source AND (s.unit_account = j.unit_account OR s.serial = j.serial)"
)
"""The submission an entry was made for; what came from another unit carries its serial."""


BOOKED_ONCE: Final = every(
    query(
        "SELECT transfer_id, MAX(journal_no) AS journal_no FROM transfer GROUP BY transfer_id"
        " HAVING COUNT(*) > 1 ORDER BY transfer_id LIMIT 1",
        "转账{transfer_id}入账不止一次，最后一次在第{journal_no}号分录。",
    ),
    query(
        "SELECT t.transfer_id, t.journal_no, j.source FROM transfer t JOIN journal j"
        " ON j.journal_no = t.journal_no WHERE substr(t.transfer_id, 1, length(j.source) + 1)"
        " <> j.source || ':' ORDER BY t.seq LIMIT 1",
        "第{journal_no}号分录的转账{transfer_id}不是由它的来源{source}编号的。",
    ),
    query(
        "SELECT MAX(t.journal_no) AS journal_no, j.source, t.row_no FROM transfer t JOIN journal j"
        " ON j.journal_no = t.journal_no WHERE j.act IN ('transfer_out', 'transfer_in', 'merge')"
        " AND j.reverses IS NULL GROUP BY j.source, t.row_no, t.debit, t.credit HAVING COUNT(*) > 1"
        " ORDER BY j.source, t.row_no LIMIT 1",
        "申报{source}第{row_no}行入账不止一次，最后一次在第{journal_no}号分录。",
    ),
    query(
        "SELECT journal_no, source FROM journal WHERE reverses IS NOT NULL"
        " AND source <> 'reversal:' || reverses ORDER BY journal_no LIMIT 1",
        "第{journal_no}号冲账分录的来源{source}与被冲的分录不符。",
    ),
)

TAKEN_ONCE: Final = every(
    query(
        "SELECT serial, COUNT(*) AS n FROM submission GROUP BY serial HAVING COUNT(*) > 1"
        " ORDER BY serial LIMIT 1",
        "业务流水号{serial}用于{n}份申报。",
    ),
    query(
        "SELECT submission_id, COUNT(*) AS n FROM job GROUP BY unit_account, submission_id"
        " HAVING COUNT(*) > 1 ORDER BY submission_id LIMIT 1",
        "申报{submission_id}有{n}个处理任务。",
    ),
    query(
        "SELECT submission_id, COUNT(*) AS n FROM case_file GROUP BY unit_account, submission_id"
        " HAVING COUNT(*) > 1 ORDER BY submission_id LIMIT 1",
        "申报{submission_id}有{n}个审核事项。",
    ),
)

REFUSED_UNPAID: Final = query(
    f"SELECT j.journal_no, s.serial FROM journal j JOIN {SUBMITTED} WHERE s.status_code >= 400"
    " OR s.state = 'refused' ORDER BY j.journal_no LIMIT 1",
    "业务流水号{serial}的申报已退回，第{journal_no}号分录却为它入了账。",
)

REFUSED_FREE: Final = every(
    query(
        "SELECT s.serial FROM submission s JOIN submission_row r ON r.unit_account = s.unit_account"
        " AND r.submission_id = s.submission_id WHERE s.status_code >= 400 ORDER BY s.serial LIMIT 1",
        "业务流水号{serial}的申报已退回，却还有在办的行。",
    ),
    *(
        query(
            f"SELECT s.serial FROM submission s JOIN {table} o ON o.unit_account = s.unit_account"
            " AND o.submission_id = s.submission_id WHERE s.status_code >= 400 AND o.claim IS NOT NULL"
            " ORDER BY s.serial LIMIT 1",
            "业务流水号{serial}的申报已退回，却还占着月份，无法重新申报。",
        )
        for table in ("makeup_order", "remittance")
    ),
    *(
        query(
            f"SELECT claim FROM {table} WHERE state = 'cancelled' AND claim IS NOT NULL"
            " ORDER BY claim LIMIT 1",
            "已撤销的{claim}还占着月份，无法重新申报。",
        )
        for table in ("makeup_order", "remittance")
    ),
)

ROWS_PAID: Final = query(
    f"SELECT j.journal_no, s.serial, t.row_no FROM transfer t JOIN journal j ON j.journal_no = t.journal_no"
    f" JOIN {SUBMITTED} LEFT JOIN submission_row r ON r.unit_account = s.unit_account"
    " AND r.submission_id = s.submission_id AND r.row_no = t.row_no"
    " WHERE t.row_no > 0 AND COALESCE(r.state, '') <> 'ok' ORDER BY t.seq LIMIT 1",
    "业务流水号{serial}的第{row_no}行没有办理成功，第{journal_no}号分录却为它入了账。",
)

OWNED: Final = every(
    query(
        "SELECT s.serial FROM submission s WHERE s.state = 'review' AND NOT EXISTS (SELECT 1 FROM case_file c"
        " WHERE c.unit_account = s.unit_account AND c.submission_id = s.submission_id AND c.state <> 'done')"
        " ORDER BY s.serial LIMIT 1",
        "业务流水号{serial}的申报待审核，却没有审核事项。",
    ),
    query(
        "SELECT s.serial FROM submission s WHERE s.state = 'processing' AND NOT EXISTS (SELECT 1 FROM job j"
        " WHERE j.unit_account = s.unit_account AND j.submission_id = s.submission_id AND j.state <> 'done')"
        " ORDER BY s.serial LIMIT 1",
        "业务流水号{serial}的申报处理中，却没有处理任务。",
    ),
    query(
        "SELECT s.serial, r.row_no FROM submission_row r JOIN submission s ON s.unit_account = r.unit_account"
        " AND s.submission_id = r.submission_id WHERE r.state IN ('pending', 'processing')"
        " AND s.state NOT IN ('review', 'processing') ORDER BY s.serial, r.row_no LIMIT 1",
        "业务流水号{serial}已办结，第{row_no}行却还待处理。",
    ),
)


# ---- 21: accounts that are closed --------------------------------------------------------------------

_SUM = "h.unit_current + h.person_current + h.unit_carried + h.person_carried"
CLOSED_STILL: Final = every(
    query(
        f"SELECT a.account_no, {_SUM} AS found_fen FROM holding h JOIN account a ON a.account_no ="
        f" h.account_no WHERE a.gone AND ({_SUM}) <> 0 ORDER BY a.account_no LIMIT 1",
        "个人账户{account_no}已销户，却还有{found_fen}元。",
    ),
    query(
        "SELECT p.account_no, p.journal_no FROM audited_person p JOIN journal j ON j.journal_no ="
        " p.journal_no JOIN account a ON a.account_no = p.account_no JOIN (SELECT account_no, MAX(day) AS day"
        " FROM account_change GROUP BY account_no) c ON c.account_no = p.account_no"
        " WHERE a.gone AND j.day > c.day ORDER BY p.journal_no LIMIT 1",
        "个人账户{account_no}已销户，第{journal_no}号分录却又动了它。",
    ),
)


# ---- 22, 24 to 27: what is paid ------------------------------------------------------------------------

BOTH_SIDES: Final = every(
    query(
        "SELECT unit_account, month FROM remittance WHERE amount <> unit_amount + person_amount"
        " OR last_amount + more_amount - less_amount <> amount OR last_people + more_people - less_people"
        " <> people ORDER BY unit_account, month LIMIT 1",
        "单位{unit_account}{month}的汇缴核定，上月、增加、减少与本月对不上。",
    ),
    query(
        "SELECT m.unit_account, m.month FROM remittance m LEFT JOIN (SELECT unit_account, submission_id,"
        " month, COUNT(*) AS n, SUM(unit_amount) AS u, SUM(person_amount) AS p FROM remittance_row GROUP BY"
        " unit_account, submission_id, month) r ON r.unit_account = m.unit_account AND r.submission_id ="
        " m.submission_id AND r.month = m.month WHERE COALESCE(r.n, 0) <> m.people"
        " OR COALESCE(r.u, 0) <> m.unit_amount OR COALESCE(r.p, 0) <> m.person_amount"
        " ORDER BY m.unit_account, m.month LIMIT 1",
        "单位{unit_account}{month}的汇缴核定与它的人员明细对不上。",
    ),
    query(
        "SELECT interest.account_no FROM interest WHERE amount <> unit_amount + person_amount"
        " ORDER BY account_no LIMIT 1",
        "个人账户{account_no}的结息不等于两部分之和。",
    ),
    *(
        query(
            f"SELECT account_no FROM {table} WHERE unit_amount < 0 OR person_amount < 0"
            " ORDER BY account_no LIMIT 1",
            "个人账户{account_no}的缴存额小于零。",
        )
        for table in ("account", "remittance_row", "makeup_order")
    ),
)

_RECEIPT = "substr(COALESCE(o.source, j.source), 9, 36)"
"""The receipt an entry is about, taken back or not: its source is "receipt:ID:VERSION"."""

RECEIPTS: Final = every(
    query(
        "SELECT b.bank_no, b.stated AS stated_fen, COALESCE(p.put, 0) AS put_fen FROM (SELECT receipt_id,"
        " bank_no, CASE WHEN state = 'reversed' THEN 0 ELSE amount - refunded END AS stated"
        f" FROM bank_receipt) b LEFT JOIN (SELECT {_RECEIPT} AS receipt_id, SUM(p.balance) AS put"
        " FROM audited_pool p JOIN journal j ON j.journal_no = p.journal_no"
        " LEFT JOIN journal o ON o.journal_no = j.reverses WHERE p.code = '101'"
        " AND COALESCE(o.source, j.source) LIKE 'receipt:%' GROUP BY 1) p ON p.receipt_id = b.receipt_id"
        " WHERE b.stated <> COALESCE(p.put, 0) ORDER BY b.bank_no LIMIT 1",
        "来款{bank_no}登记为{stated_fen}元，账上为{put_fen}元。",
    ),
    query(
        "SELECT j.journal_no FROM journal j LEFT JOIN journal o ON o.journal_no = j.reverses"
        f" LEFT JOIN bank_receipt b ON b.receipt_id = {_RECEIPT}"
        " WHERE j.act IN ('receipt', 'refund') AND (b.receipt_id IS NULL"
        " OR COALESCE(o.source, j.source) NOT LIKE 'receipt:%') ORDER BY j.journal_no LIMIT 1",
        "第{journal_no}号分录动了银行存款，却没有登记的来款。",
    ),
)

REMITTED: Final = every(
    query(
        "SELECT m.unit_account, m.month FROM remittance m LEFT JOIN journal j ON j.journal_no = m.journal_no"
        " LEFT JOIN journal r ON r.reverses = j.journal_no"
        " WHERE (m.state = 'paid' AND m.amount <> 0) <> (m.journal_no IS NOT NULL)"
        " OR (m.journal_no IS NOT NULL AND (j.journal_no IS NULL OR j.act <> 'allocate'"
        " OR j.unit_account <> m.unit_account OR j.month <> m.month OR j.amount <> m.amount"
        " OR r.journal_no IS NOT NULL)) ORDER BY m.unit_account, m.month LIMIT 1",
        "单位{unit_account}{month}的汇缴与分配它的分录不符。",
    ),
    query(
        "SELECT j.journal_no FROM journal j LEFT JOIN journal r ON r.reverses = j.journal_no"
        " LEFT JOIN remittance m ON m.journal_no = j.journal_no WHERE j.act = 'allocate'"
        " AND j.reverses IS NULL AND r.journal_no IS NULL AND m.journal_no IS NULL"
        " ORDER BY j.journal_no LIMIT 1",
        "第{journal_no}号分录分配了汇缴，却没有对应的核定。",
    ),
    query(
        "SELECT m.unit_account, m.month, r.account_no FROM remittance m JOIN remittance_row r"
        " ON r.unit_account = m.unit_account AND r.submission_id = m.submission_id AND r.month = m.month"
        " LEFT JOIN (SELECT journal_no, account_no, SUM(CASE WHEN credit LIKE '%/uc' THEN amount ELSE 0 END)"
        " AS u, SUM(CASE WHEN credit LIKE '%/pc' THEN amount ELSE 0 END) AS p FROM transfer"
        " WHERE account_no <> '' GROUP BY journal_no, account_no) t ON t.journal_no = m.journal_no"
        " AND t.account_no = r.account_no WHERE m.state = 'paid' AND (COALESCE(t.u, 0) <> r.unit_amount"
        " OR COALESCE(t.p, 0) <> r.person_amount) ORDER BY m.unit_account, m.month, r.account_no LIMIT 1",
        "单位{unit_account}{month}的汇缴，个人账户{account_no}入账的金额与明细不符。",
    ),
)

MADE_UP: Final = query(
    "SELECT account_no, SUM(stated) AS stated_fen, SUM(put) AS put_fen FROM (SELECT account_no, unit_amount"
    " + person_amount AS stated, 0 AS put FROM makeup_order WHERE state = 'settled' UNION ALL"
    " SELECT t.account_no, 0 AS stated, CASE WHEN t.credit LIKE '201/%' THEN t.amount ELSE -t.amount END"
    " AS put FROM transfer t JOIN journal j ON j.journal_no = t.journal_no WHERE j.act = 'makeup'"
    " AND t.account_no <> '') s GROUP BY account_no HAVING SUM(stated) <> SUM(put)"
    " ORDER BY account_no LIMIT 1",
    "个人账户{account_no}已结清的补缴为{stated_fen}元，账上为{put_fen}元。",
)

INTEREST_PAID: Final = every(
    query(
        "SELECT i.account_no, i.fund_year FROM interest i LEFT JOIN journal j ON j.journal_no = i.journal_no"
        " WHERE i.amount <> 0 AND (j.journal_no IS NULL OR j.act <> 'interest'"
        " OR j.unit_account <> i.unit_account) ORDER BY i.account_no, i.fund_year LIMIT 1",
        "个人账户{account_no}{fund_year}年度的结息没有对应的分录。",
    ),
    query(
        "SELECT j.journal_no, COALESCE(i.total, 0) AS stated_fen, j.interest AS put_fen FROM journal j"
        " LEFT JOIN (SELECT journal_no, SUM(amount) AS total FROM interest GROUP BY journal_no) i"
        " ON i.journal_no = j.journal_no WHERE j.act = 'interest' AND j.reverses IS NULL"
        " AND COALESCE(i.total, 0) <> j.interest ORDER BY j.journal_no LIMIT 1",
        "第{journal_no}号分录结息{put_fen}元，各账户的结息合计{stated_fen}元。",
    ),
)
