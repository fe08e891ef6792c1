"""What can go wrong between this program and a center, each with one Chinese sentence for the person.

Texts that came from a center are outside strings; whoever draws them passes them through `safe_text`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.wire import Problem, RowFinding

ENDS = ("。", "！", "？", ".", "!", "?")


class ClientError(Exception):
    """A request that did not do what was asked.

    `code` is stable, `title` a Chinese heading or sentence, `detail` a Chinese sentence or "", `findings`
    are per row of a submission. `retryable` says that the same request may succeed later unchanged.
    `tries_left` counts remaining login attempts, `retry_after` is in seconds, `status` is the HTTP status, 0
    without an answer.
    """

    code = "client.failed"
    title = "操作没有完成，请稍后重试。"
    retryable = False

    def __init__(
        self,
        title: str = "",
        detail: str = "",
        *,
        code: str = "",
        findings: Sequence[RowFinding] = (),
        retryable: bool | None = None,
        tries_left: int | None = None,
        retry_after: int | None = None,
        status: int = 0,
    ) -> None:
        self.code = code or self.code
        self.title = title or self.title
        self.detail = detail
        self.findings = list(findings)
        self.retryable = self.retryable if retryable is None else retryable
        self.tries_left = tries_left
        self.retry_after = retry_after
        self.status = status
        super().__init__(f"{self.code}: {self.sentence}")

    @property
    def sentence(self) -> str:
        """One Chinese sentence: what is wrong and what to do."""
        text = self.detail.strip() or self.title.strip()
        return text if text.endswith(ENDS) else text + "。"


class CenterUnreachable(ClientError):
    """No answer: no connection, a cut, or the time ran out. Whether the request arrived is unknown."""

    code = "center.unreachable"
    title = "连不上中心，录入的内容都已保存在本机，请检查网络后重试。"
    retryable = True


class CenterUntrusted(ClientError):
    """The center could not prove who it is, so nothing was sent."""

    code = "center.untrusted"
    title = "中心的安全证书不能验证，没有发送任何内容，请联系中心或网络管理员。"


class CenterBusy(ClientError):
    """The center cannot answer now; it has stored nothing."""

    code = "server.busy"
    title = "中心正忙，请稍后重试，录入的内容都已保存在本机。"
    retryable = True


class BadAnswer(ClientError):
    """The answer is not what the contract promises; whether the request took effect is unknown."""

    code = "center.bad_answer"
    title = "中心的回答无法识别，请稍后重试，仍不行请联系中心。"
    retryable = True


class AuthExpired(ClientError):
    """The session has ended."""

    code = "auth.required"
    title = "登录已失效，请重新登录，录入的内容都已保存在本机。"


class Refused(ClientError):
    """The center has refused the request for good; the same request will be refused again."""

    code = "refused"
    title = "中心没有受理，请按提示改正后重试。"


class LoginRefused(Refused):
    """Credentials, code or challenge were refused; see `tries_left` and `retry_after`."""

    code = "auth.bad_credentials"
    title = "登录信息不正确，请核对后重试。"


class NotFound(Refused):
    """There is no such thing, or it belongs to another unit."""

    code = "not_found"
    title = "没有找到要查的内容，请刷新后重试。"


class SignatureRefused(Refused):
    """The signature was refused; the submission's id is not used up and may be signed again."""

    code = "signature.invalid"
    title = "中心不接受这次签名，请重新签名提交。"


class CertificateRefused(Refused):
    """The key's certificate is unknown, expired, revoked, or not this unit's."""

    code = "certificate.unknown"
    title = "中心不接受这个 UKey 的证书，请换用本单位登记的 UKey，或联系中心。"


class StoreError(ClientError):
    """The local store cannot be used.

    Codes: store.full, store.locked, store.io, store.damaged, store.permission, store.newer.
    """

    code = "store.failed"
    title = "本机数据不能读写，请运行 gjj doctor 查看原因。"


class RosterError(ClientError):
    """The roster does not allow this.

    Codes: roster.gone, roster.frozen, roster.empty, roster.errors, roster.changed, roster.loading,
    roster.delete, roster.too_many.
    """

    code = "roster.failed"
    title = "清册不能这样操作，请刷新后重试。"


RETRY_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
LOGIN_CODES = frozenset({"auth.bad_credentials", "auth.locked", "auth.challenge"})


def from_problem(problem: Problem, status: int) -> ClientError:
    """The error for a problem document answered with HTTP `status`."""
    kind = _kind(problem.code, status)
    return kind(
        problem.title,
        problem.detail,
        code=problem.code,
        findings=problem.findings,
        tries_left=problem.tries_left,
        retry_after=problem.retry_after,
        status=status,
    )


def _kind(code: str, status: int) -> type[ClientError]:
    if status in RETRY_STATUS or code.startswith(("server.", "rate.")):
        return CenterBusy
    if code == AuthExpired.code:
        return AuthExpired
    if code in LOGIN_CODES:
        return LoginRefused
    if code.startswith(("signature.", "digest.")):
        return SignatureRefused
    if code.startswith("certificate."):
        return CertificateRefused
    return NotFound if status == 404 else Refused
