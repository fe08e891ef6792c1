"""Every answer that is no success: an RFC 9457 problem with a stable code and a Chinese sentence."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from center.store.engine import is_busy
from domain.text import safe_text
from domain.wire import Problem, RowFinding

log = logging.getLogger("gjj.center")

MEDIA_TYPE = "application/problem+json"
MAX_FINDINGS = 100

TITLES: Mapping[str, tuple[int, str]] = {
    "auth.required": (401, "请先登录"),
    "auth.bad_credentials": (401, "登录信息不正确"),
    "auth.locked": (423, "登录已锁定"),
    "auth.challenge": (401, "登录凭证已失效"),
    "signature.missing": (401, "缺少UKey签名"),
    "signature.invalid": (401, "UKey签名不正确"),
    "signature.expired": (401, "UKey签名已过期"),
    "signature.replayed": (401, "UKey签名已用过"),
    "signature.coverage": (401, "UKey签名不完整"),
    "digest.mismatch": (400, "报文摘要不符"),
    "certificate.unknown": (403, "UKey未登记"),
    "certificate.expired": (403, "UKey证书不在有效期内"),
    "certificate.untrusted": (403, "UKey证书不受信任"),
    "certificate.revoked": (403, "UKey证书已吊销"),
    "certificate.usage": (403, "UKey证书不能用于签名"),
    "certificate.not_unit": (403, "UKey不属于该单位"),
    "unit.not_found": (404, "没有该单位"),
    "unit.not_chosen": (403, "尚未选择单位账号"),
    "not_found": (404, "没有找到"),
    "method.not_allowed": (405, "请求方法不正确"),
    "module.off": (403, "该业务未开通"),
    "permission.denied": (403, "没有权限"),
    "password.must_change": (403, "须先修改初始密码"),
    "outside_hours": (403, "不在办理时间内"),
    "body.invalid": (400, "请求内容不正确"),
    "submission.conflict": (422, "提交编号已被占用"),
    "submission.rejected": (422, "申报未受理"),
    "totals.mismatch": (422, "合计不符"),
    "attachment.missing": (422, "缺少附件"),
    "attachment.bad": (422, "附件不正确"),
    "too_large": (413, "内容过大"),
    "rate.limited": (429, "操作过于频繁"),
    "case.version": (409, "事项已被他人办理"),
    "case.maker": (403, "不能审核本人的申报"),
    "voucher.sealed": (409, "这一次打印已经签章"),
    "receipt.conflict": (409, "交易流水号已登记"),
    "receipt.version": (412, "来款已被他人办理"),
    "receipt.unseen": (428, "没有说明看到的版本"),
    "receipt.state": (409, "来款的状态不允许"),
    "receipt.used": (409, "款项已经使用"),
    "receipt.unit": (422, "单位不符"),
    "server.busy": (503, "中心繁忙"),
    "server.error": (500, "中心出错"),
}
"""Status and title of every stable code."""


class ProblemError(Exception):
    """A refusal. `code` is a key of `TITLES`; `detail` one Chinese sentence saying what to do.

    `status` and `title` come from the code unless given. `retry_after` in seconds.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        status: int | None = None,
        title: str | None = None,
        findings: Sequence[RowFinding] = (),
        tries_left: int | None = None,
        retry_after: int | None = None,
        instance: str = "",
    ) -> None:
        super().__init__(code)
        default_status, default_title = TITLES[code]
        self.problem = Problem(
            type=f"urn:gjj:problem:{code}",
            title=title or default_title,
            status=status or default_status,
            code=code,
            detail=detail,
            instance=instance,
            findings=list(findings),
            tries_left=tries_left,
            retry_after=retry_after,
        )

    @property
    def code(self) -> str:
        """The stable code."""
        return self.problem.code

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status


def unit_not_found() -> ProblemError:
    """The one answer for a unit that is absent or belongs to somebody else."""
    return ProblemError("unit.not_found", "没有该单位，或当前登录不能办理该单位的业务，请核对单位账号。")


def not_found() -> ProblemError:
    """The one answer for a thing that is absent or belongs to another unit."""
    return ProblemError("not_found", "没有找到要查的内容，请刷新后重试。")


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response of a problem document."""
    out = dict(headers or {})
    out["Cache-Control"] = "no-store"
    if problem.retry_after is not None:
        out["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        out["WWW-Authenticate"] = 'Bearer realm="gjj"'
    body = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, problem.status, out, media_type=MEDIA_TYPE)


def incident(error: BaseException) -> Problem:
    """A server.error (or server.busy) document; the traceback goes to the log under the same id."""
    if isinstance(error, DBAPIError) and is_busy(error):
        return ProblemError("server.busy", "中心繁忙，请稍候，系统会自动重试。", retry_after=2).problem
    number = secrets.token_hex(6)
    log.error("incident %s", number, exc_info=error)
    text = f"中心处理时出错，请稍后重试；如仍不成功，请将事件编号 {number} 告知中心。"
    return ProblemError("server.error", text, instance=f"urn:gjj:incident:{number}").problem


# ---- FastAPI handlers ------------------------------------------------------------------------------


def install_handlers(app: FastAPI) -> None:
    """Replace every default error body of the framework."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return problem_response(error.problem)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return problem_response(ProblemError("not_found", "没有这个地址，请升级客户端后重试。").problem)
    if error.status_code == 405:
        return problem_response(
            ProblemError("method.not_allowed", "请求方法不正确，请升级客户端后重试。").problem, error.headers
        )
    if error.status_code == 413:
        return problem_response(ProblemError("too_large", "发送的内容过大，请拆分后重试。").problem)
    code = "body.invalid" if error.status_code < 500 else "server.error"
    problem = ProblemError(code, "请求不正确，请升级客户端后重试。", status=error.status_code).problem
    return problem_response(problem, error.headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem_response(invalid_body(error.errors()).problem)


def invalid_body(errors: Sequence[Any]) -> ProblemError:
    """body.invalid with a finding for each field that pydantic refused (at most 100)."""
    findings = [_finding(item) for item in errors[:MAX_FINDINGS]]
    first = findings[0].text if findings else "请求内容不正确，请升级客户端后重试。"
    return ProblemError("body.invalid", first, findings=findings)


def _finding(item: Mapping[str, Any]) -> RowFinding:
    path = [part for part in item["loc"] if part not in ("body", "query", "path", "header")]
    row = 0
    if len(path) > 1 and path[0] in ("rows", "refused") and isinstance(path[1], int):
        row, path = path[1] + 1, path[2:]
    field = safe_text(".".join(str(part) for part in path), limit=60)
    return RowFinding(row=row, field=field, code=f"body.{item['type']}", text=_sentence(item["type"], field))


def _sentence(kind: str, field: str) -> str:
    name = f"“{field}”" if field else "报文"
    if kind == "missing":
        return f"请求缺少{name}，请升级客户端后重试。"
    if kind == "extra_forbidden":
        return f"请求中有不认识的内容{name}，请升级客户端后重试。"
    if kind in ("string_too_long", "too_long"):
        return f"{name}过长，请缩短后重试。"
    if kind in ("string_too_short", "too_short"):
        return f"{name}过短，请补全后重试。"
    return f"{name}格式不正确，请改正后重试。"
