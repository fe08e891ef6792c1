"""The login screen: drawn from the profile's form before anything heavy is loaded (L-01 to L-10)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from screens.center_watch import OFFLINE, CenterWatch
from screens.fields import FieldsForm
from screens.key_facts import KeyFacts, certificate_rows, key_lines, read_key
from screens.login_form_model import LoginModel
from screens.panel import Line, Panel
from screens.state import StateEvent
from tui.bars import Span
from tui.keys import ActionRequested
from tui.progress import in_thread
from tui.theme import DIM, ERROR, GOOD, PLAIN, STRONG, WARNING

if TYPE_CHECKING:
    from client.errors import ClientError
    from client.sync import SyncProgress
    from ukey.signer import KeyCertificate

REPLY_FIELDS = ("unit_account", "unit_name", "agent_name", "agent_id_number", "mobile")


class LoginScreen(CenterWatch):
    """Account, password, and the key with its certificate; or a clerk's name and password."""

    GUARDED = False
    DEFAULT_CSS = """
    LoginScreen Panel, LoginScreen Form { padding: 0 0 0 8; }
    LoginScreen #space { height: 1fr; }
    """
    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help",
        "prompt",
        "refresh",
        "add_row",
        "paste_pad",
        "save",
        "submit",
        "exit",
    )

    LABELS = {
        "prompt": ("选证书", "UKey 中有多个证书时选择登录用的证书。"),
        "refresh": ("再试", "再次连接中心，重新检查 UKey。"),
        "add_row": ("柜员登录", "中心柜员用登录名和密码登录。"),
        "paste_pad": ("忘记密码", "忘记密码时怎么办。"),
        "save": ("操作手册", "查看操作手册，存为文件。"),
        "submit": ("登录", "登录，与最后一栏的回车相同。"),
        "exit": ("退出", "退出程序。"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.facts = KeyFacts()
        self.certificate: KeyCertificate | None = None
        self.clerk = False
        self._models: dict[bool, LoginModel] = {}
        self._code_again = 0.0
        self._reading = False
        self._sync_asked = False
        self.wanted_unit = ""
        """The unit to open without asking where there are several."""

    # -- drawing ---------------------------------------------------------------------------------------

    def screen_title(self) -> str:
        """Return the center and what this is."""
        return f"{self.state.form.center} 单位网厅"

    def body(self) -> ComposeResult:
        """Heading, fields, key, center."""
        self._models = {False: self._agent_model(), True: LoginModel.clerk()}
        yield Panel(id="head")
        yield FieldsForm(self._models[False], columns=1)
        yield Panel(id="key")
        yield Panel(id="space")
        yield Panel(id="foot")

    def _agent_model(self) -> LoginModel:
        own = self.state.settings.login
        return LoginModel.agent(self.state.form, own.unit_account, own.login_name)

    @property
    def model(self) -> LoginModel:
        """The fields shown now."""
        return self._models[self.clerk]

    @property
    def form(self) -> FieldsForm:
        """The form."""
        return self.query_one(FieldsForm)

    def label(self, action: str) -> tuple[str, str]:
        """Say what the keys do here."""
        if action == "refresh" and self._with_code:
            return "验证码", "把验证码发到经办人登记的手机。"
        if action == "add_row" and self.clerk:
            return "单位登录", "回到单位经办人登录。"
        return super().label(action)

    @property
    def _with_code(self) -> bool:
        return self.state.form_has("code") and not self.clerk

    @property
    def _with_key(self) -> bool:
        return self.state.form.needs_key and not self.clerk

    def key_bar_actions(self) -> Sequence[str]:
        """Leave out what does not apply."""
        choice = self._with_key and len(self.facts.certificates) > 1
        return [
            name
            for name in self.KEY_BAR
            if (name != "prompt" or choice)
            and (name != "paste_pad" or not self.clerk)
            and (name != "save" or self.state.manual_download)
        ]

    def show_key(self) -> None:
        """Draw the key's lines from what is known."""
        panel = self.query_one("#key", Panel)
        panel.display = self._with_key
        if self._with_key:
            panel.show(
                key_lines(
                    self.state.key_state,
                    self.facts,
                    self.certificate,
                    self.now(),
                    self.state.signer_problem,
                )
            )
        self.refresh_bars()

    def show_texts(self) -> None:
        """Draw heading and foot."""
        what = "中心柜员登录" if self.clerk else "单位登录"
        self.query_one("#head", Panel).show(["", [(what, STRONG)], ""])
        lines: list[Line] = []
        if self.state.hint is not None and self.state.hint.lines:
            lines.append([(self.state.hint.lines[0], WARNING)])
        if self.clock_warning:
            lines.append([("? " + self.clock_warning, WARNING)])
        word, kind = self.center_word
        style = {"good": GOOD, "error": ERROR}.get(kind, DIM)
        center: list[Span] = [("中心  ", STRONG), (self.state.settings.center.url, PLAIN)]
        lines.append([*center, ("  " + word, style)] if word else center)
        self.query_one("#foot", Panel).show(lines)

    def help_text(self) -> Sequence[str]:
        """Say how access is had, what is needed, and who can log in to a demo (L-01 to L-03, L-10, L-12)."""
        auth = self.state.profile.auth
        lines = [f"开通：{auth.access_text}", f"环境：{auth.platform_text}", f"密码：{auth.reset_text}"]
        lines.append("键盘：收不到某些键时，在本说明下方选“键盘自检”。")
        if auth.manual_download:
            lines.append("操作手册：按 F9 查看，再按 F9 存为文件。")
        if self.state.hint is not None:
            lines += ["", *self.state.hint.lines]
        return [*lines, ""]

    # -- opening ---------------------------------------------------------------------------------------

    async def opened(self, **args: Any) -> None:
        """Show what is known; the key and the center are asked in the background."""
        self.show_texts()
        self.show_key()
        if self.gjj.keymap_problem:
            self.status(self.gjj.keymap_problem, kind="warning")
        self._to_first_empty()
        self.look_now()

    async def returned(self, result: Any) -> None:
        """Take up again after a logout."""
        self.shell.banner = ""
        self.clerk = False
        self._forget_secrets()
        self.show_texts()
        self.show_key()
        self.look_now()
        if isinstance(result, str) and result:
            self.status(result, kind="good")

    def state_changed(self, event: StateEvent) -> None:
        """Follow the key and the program's loading."""
        super().state_changed(event)
        if event.kind == "key":
            self._key_changed()

    def _key_changed(self) -> None:
        state = self.state.key_state
        if state is None or state.value in ("absent", "blocked"):
            self.facts, self.certificate = KeyFacts(demo=self.facts.demo), None
        elif not self.facts.certificates and not self._reading:
            self._reading = True
            self.run_worker(self._read_key(), name="certificates", group="state")
        self.show_key()

    async def _read_key(self) -> None:
        try:
            signer = await in_thread(self.state.signer)
            if signer is not None:
                self.facts = await in_thread(read_key, signer)
                if len(self.facts.certificates) == 1:
                    self.certificate = self.facts.certificates[0]
        finally:
            self._reading = False
        self.show_key()

    def center_found(self) -> None:
        """Tick the box where the copy was never fetched, once the center has said who it is (E-02)."""
        if self._sync_asked or not self.state.form_has("sync"):
            return
        self._sync_asked = True
        account = self.state.settings.login.unit_account
        self.run_worker(self._tick_sync(account), name="sync box", group="state")

    async def _tick_sync(self, account: str) -> None:
        complete = await in_thread(self.state.ever_synchronised, account)
        if not complete:
            self._models[False].tick("sync", True)
            if not self.clerk:
                self.form.reread()

    def say_synchronised(self, progress: SyncProgress) -> None:
        """Tell how far the synchronisation is; called on the working thread."""
        total = f"/{progress.total}" if progress.total else ""
        self.shell.progress.say(f"正在同步职工信息… {progress.rows}{total} 人")

    # -- keys ------------------------------------------------------------------------------------------

    async def perform(self, request: ActionRequested) -> None:
        """Log in, get a code, choose a certificate, switch to the clerks' login, leave."""
        match request.action:
            case "record":
                await self._log_in(request.payload["values"])
            case "submit":
                self.form.complete()
            case "refresh":
                await self._refresh()
            case "add_row":
                self._switch()
            case "paste_pad":
                await self._forgotten()
            case "save" if self.state.manual_download:
                await self._manual()
            case "prompt":
                await self._choose_certificate()
            case "exit" | "back":
                await self._leave()
            case _:
                await super().perform(request)

    async def _log_in(self, values: Mapping[str, str]) -> None:
        from client.errors import ClientError, LoginRefused
        from screens import login_flow
        from ukey.signer import SignerError

        run = login_flow.log_in_clerk if self.clerk else login_flow.log_in_agent
        try:
            if not self.clerk and self.state.form.mode == "bank_key" and not values["unit_account"]:
                raise login_flow.Stopped("配置里没有网银账号，请在配置文件的 [login] 里填写 unit_account。")
            await run(self, values)
        except login_flow.Stopped as stopped:
            if stopped.text:
                self.status(stopped.text, kind="error", beep=True)
        except SignerError as error:
            self.status(error.text, kind="error", beep=True)
        except LoginRefused as error:
            self._try_again(error)
        except ClientError as error:
            offline = error.code == "center.unreachable"
            self.status(OFFLINE if offline else error.sentence, kind="error", beep=True)
        else:
            await in_thread(self.state.keep_verifier, values["password"])
            self.state.last_login = {
                one.key: values[one.key]
                for one in self.model.fields()
                if one.kind != "password" and one.key != "code"
            }
            await self._enter()

    def _try_again(self, error: ClientError) -> None:
        """Say that the login was refused; only what was secret must be typed again."""
        self._forget_secrets()
        self.form.focus_field("password")
        self.status(error.sentence, kind="error", beep=True)

    def _to_first_empty(self) -> None:
        """Begin where something is to be typed: the configuration may have filled the first fields."""
        values = self.model.values()
        empty = next((one for one in self.model.fields() if one.entered and not values[one.key]), None)
        if empty is not None:
            self.form.focus_field(empty.key)

    def _forget_secrets(self) -> None:
        for model in self._models.values():
            model.forget_secrets()
        self._show_model()

    def _show_model(self) -> None:
        self.form.use(self.model)

    async def _enter(self) -> None:
        """Open the first screen of who has logged in."""
        self._forget_secrets()
        self.status("")
        person = self.state.person
        assert person is not None
        self.shell.banner = self.banner()
        from screens.home import HomeScreen

        first = await self.shell.open_screen("cases" if person.role == "clerk" else "home")
        if isinstance(first, HomeScreen):
            await first.welcome()
        await self.gjj.places.take_up()

    def banner(self) -> str:
        """Return unit, account and agent for the title line (H-01)."""
        person, context = self.state.person, self.state.context
        if person is None:
            return ""
        if context is None:
            return f"柜员 {person.name}"
        return f"{context.name} {context.unit_account} {person.name}"

    async def _refresh(self) -> None:
        if self._with_code:
            await self._get_code()
            return
        self.facts, self.certificate = KeyFacts(demo=self.facts.demo), None
        self._key_changed()
        await self.busy("正在连接中心…", self.ask_center_quietly)
        self.look_now()

    async def _get_code(self) -> None:
        """Have a login code sent; not again before the center allows it (L-05)."""
        self.form.take_typed()
        typed = self.form.snapshot()
        wait = self._code_again - time.monotonic()
        if wait > 0:
            self.status(f"验证码刚发过，请 {int(wait) + 1} 秒后再获取。", kind="warning", beep=True)
            return
        missing = next(
            (one for one in self.model.fields() if one.key in REPLY_FIELDS and not typed[one.key]), None
        )
        if missing is not None:
            self.form.focus_field(missing.key)
            self.status(f"获取验证码前请先填写{missing.title}。", kind="error", beep=True)
            return
        session = await self.busy("正在连接中心…", self.state.session)
        sent = await self.busy("正在获取验证码…", session.request_code, typed)
        self._code_again = time.monotonic() + sent.resend_after
        self.form.focus_field("code" if self.model.values()["password"] else "password")
        self.status(f"登记信息相符的，验证码已发到手机，{sent.resend_after} 秒后可以重新获取。", kind="good")

    def _switch(self) -> None:
        """Change between the agents' and the clerks' login; what was typed stays."""
        self.model.forget_secrets()
        self.clerk = not self.clerk
        self._show_model()
        self.show_texts()
        self.show_key()

    async def _forgotten(self) -> None:
        from screens.password import reset_password

        await reset_password(self, {k: str(v) for k, v in self.form.snapshot().items()})

    async def _manual(self) -> None:
        """Show the manual; from there it is saved as a file (L-12)."""
        await self.shell.open_screen("help")

    async def _choose_certificate(self) -> None:
        found = self.facts.certificates
        if not self._with_key or len(found) < 2:
            self.shell.bell()
            return
        at = await self.choose("选择证书", certificate_rows(found, self.now()))
        if at is not None:
            self.certificate = found[at]
            self.show_key()

    async def _leave(self) -> None:
        if await self.ask("退出", ["确定退出程序吗？"], [("y", "是"), ("n", "否")], cancel="n") == "y":
            self.shell.exit(0)
