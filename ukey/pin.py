"""Handling of a PIN in memory and the rules that hold before a key is asked."""

from __future__ import annotations

from ukey.signer import PinLength


def wipe(buffer: bytearray | None) -> None:
    """Overwrite a buffer with zeros in place; its length stays."""
    if buffer:
        buffer[:] = bytes(len(buffer))


def check_length(pin: bytearray, minimum: int, maximum: int, *, what: str = "PIN") -> None:
    """Refuse a PIN the key could not accept, before it costs an attempt.

    `maximum` 0 means that the key names no limit. Raises PinLength.
    """
    if not pin:
        raise PinLength(f"{what} 不能为空，请输入后再试。")
    if len(pin) >= minimum and (maximum == 0 or len(pin) <= maximum):
        return
    if maximum == 0:
        raise PinLength(f"{what} 至少要 {minimum} 位，请核对后重新输入，本次不计入错误次数。")
    raise PinLength(f"{what} 应为 {minimum} 至 {maximum} 位，请核对后重新输入，本次不计入错误次数。")
