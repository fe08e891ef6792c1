"""The application put together: which name is which screen, and how it starts.

Every screen's module is imported when the screen is first opened, so the first paint knows the login alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from domain.businesses.names import BUSINESSES, business_of

if TYPE_CHECKING:
    from client.settings import Settings
    from screens.state import AppState, DemoHint
    from tui.shellscreen import ShellScreen

SCREENS: Final[dict[str, str]] = {
    "login": "screens.login:LoginScreen",
    "relogin": "screens.relogin:ReloginScreen",
    "lock": "screens.lock:LockScreen",
    "home": "screens.home:HomeScreen",
    "inbox": "screens.inbox:InboxScreen",
    "message": "screens.message:MessageScreen",
    "cases": "screens.cases:CasesScreen",
    "case": "screens.case_detail:CaseScreen",
    "paste_pad": "screens.paste_pad:PastePadScreen",
    "paste_review": "screens.paste_review:PasteReviewScreen",
    "changes": "screens.change_query:ChangeQueryScreen",
    "import_review": "screens.import_review:ImportReviewScreen",
    "receipt": "screens.receipt:ReceiptScreen",
    "attachments": "screens.attachments:AttachmentsScreen",
    "sync": "screens.sync:SyncScreen",
    "templates": "screens.templates:TemplatesScreen",
    "adjust_grid": "screens.adjust_grid:AdjustGridScreen",
    "remit_month": "screens.remit_month:RemitMonthScreen",
    "progress": "screens.progress:ProgressScreen",
    "unit_info": "screens.unit_info:UnitInfoScreen",
    "settlement": "screens.settlement:SettlementScreen",
    "unit_account": "screens.statement_query:UnitAccountScreen",
    "unit_flow": "screens.unit_flow:UnitFlowScreen",
    "flow_detail": "screens.unit_flow:FlowDetailScreen",
    "unit_interest": "screens.closed_years:UnitInterestScreen",
    "person_ledger": "screens.statement_query:PersonLedgerScreen",
    "annual_statement": "screens.closed_years:AnnualScreen",
    "reconcile": "screens.reconcile:ReconcileScreen",
    "receipts": "screens.receipts:ReceiptsScreen",
    "receipt_detail": "screens.receipt_detail:ReceiptDetailScreen",
    "receipt_entry": "screens.receipt_entry:ReceiptEntryScreen",
    "statement": "screens.statement_import:StatementScreen",
    "suspense": "screens.suspense_query:SuspenseQueryScreen",
    "deadlines": "screens.deadlines:DeadlinesScreen",
    "payroll": "screens.payroll:PayrollScreen",
    "help": "screens.manual_screen:ManualScreen",
    "keycheck": "tui.keycheck:KeyCheckScreen",
}
"""Name of a screen -> "module:class"; `home.modules[].opens` of a profile names one of these."""


BUSINESS: Final = {
    "business": "screens.business_screen:BusinessScreen",
    "batch": "screens.business_screen:BusinessBatchScreen",
    "query": "screens.business_query:BusinessQueryScreen",
}
"""Kind of a business's screen -> "module:class"; the class is made with the id of the business."""

OWN: Final[dict[str, str]] = {
    "business:unit_change": "screens.fact_screen:FactScreen",
    "business:person_change": "screens.fact_screen:FactScreen",
    "query:unit_change": "screens.fact_query:FactQueryScreen",
    "query:person_change": "screens.fact_query:FactQueryScreen",
    "business:base_adjust": "screens.adjust:AdjustScreen",
    "business:annual": "screens.annual:AnnualScreen",
    "business:remit": "screens.remit_screen:RemitScreen",
    "business:remit_cancel": "screens.remit_list:CancelScreen",
    "business:allocate": "screens.remit_list:AllocateScreen",
    "query:remit": "screens.remit_list:RemitQueryScreen",
    "query:remit_cancel": "screens.remit_list:RemitQueryScreen",
    "query:allocate": "screens.remit_list:RemitQueryScreen",
}
"""Screens of businesses that need more than the common ones: "business:<id>" -> "module:class"."""


def catalog() -> dict[str, Callable[[], ShellScreen]]:
    """Return the screens for `ShellApp`."""
    names = [*SCREENS, *(f"{kind}:{name}" for kind in BUSINESS for name in BUSINESSES)]
    return {name: partial(_make, name) for name in names}


def screen_class(name: str) -> type[ShellScreen] | None:
    """The class of a screen of the catalog, None for a name that is none."""
    where = OWN.get(name) or SCREENS.get(name)
    if where is None and business_of(name) in BUSINESSES:
        where = BUSINESS[name.partition(":")[0]]
    if where is None:
        return None
    module, _, kind = where.partition(":")
    return cast("type[ShellScreen]", getattr(import_module(module), kind))


def _make(name: str) -> ShellScreen:
    made = cast("Callable[..., ShellScreen]", screen_class(name))
    business = business_of(name)
    return made(business) if business else made()


END_SECONDS = 1.5
"""Longest wait for the key to be locked and the center to be told, when the program ends."""


def _end(state: AppState) -> None:
    """Lock the key and tell the center, as far as they answer at once; nothing is lost otherwise."""
    thread = threading.Thread(target=state.close, name="gjj-end", daemon=True)
    thread.start()
    thread.join(END_SECONDS)


def run(settings: Settings, hint: DemoHint | None = None) -> int:
    """Run the application until it is left; returns the exit code.

    Textual must not have been imported before. An unexpected error is raised after the terminal is restored.
    """
    from tui.launch import run as launch

    made: list[GjjApp] = []

    def make() -> GjjApp:
        from screens.app import GjjApp
        from screens.state import AppState

        made.append(GjjApp(catalog(), AppState(settings, hint)))
        return made[0]

    code = launch(make, ambiguous_width=settings.screen.ambiguous_width)
    if made:
        _end(made[0].state)
    if made and made[0].failure is not None:
        raise made[0].failure
    return code


if TYPE_CHECKING:
    from screens.app import GjjApp
