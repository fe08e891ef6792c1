"""The PIN of a command without a screen: typed on the terminal or on the key's own pad, never elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli import headless
from cli.headless import Problem, unlock
from ukey.signer import PinLocked, PinStatus

PLAIN = PinStatus(None, False, False, False, 6, 16, pin_pad=False)


class Key:
    """As much of a key as a PIN needs."""

    def __init__(self, **status: object) -> None:
        self.status = replace(PLAIN, **status)  # type: ignore[arg-type]
        self.given: list[bytes | None] = []

    def pin_status(self) -> PinStatus:
        return self.status

    def unlock(self, pin: bytearray | None) -> None:
        self.given.append(None if pin is None else bytes(pin))


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answers a person types; with none left there is no terminal."""
    answers: list[str] = []

    def answer(prompt: str) -> str:
        if not answers:
            raise Problem(headless.NO_TERMINAL)
        return answers.pop(0)

    monkeypatch.setattr(headless, "ask", answer)
    monkeypatch.setattr(headless, "ask_secret", lambda prompt: bytearray(answer(prompt).encode()))
    return answers


def test_a_pin_pad_needs_no_terminal(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    key = Key(pin_pad=True)
    unlock(key)  # type: ignore[arg-type]
    assert key.given == [None]
    assert "请在 UKey 上输入 PIN" in capsys.readouterr().err


def test_without_a_pad_and_a_terminal_nothing_is_tried(typed: list[str]) -> None:
    key = Key()
    with pytest.raises(Problem) as refused:
        unlock(key)  # type: ignore[arg-type]
    assert refused.value.text == headless.NO_TERMINAL and key.given == []


def test_the_last_try_is_asked_for(typed: list[str]) -> None:
    key = Key(final_try=True)
    typed += ["n"]
    with pytest.raises(Problem):
        unlock(key)  # type: ignore[arg-type]
    assert key.given == []
    typed += ["y", "246810"]
    unlock(key)  # type: ignore[arg-type]
    assert key.given == [b"246810"]


def test_a_locked_key_is_not_asked(typed: list[str]) -> None:
    key = Key(locked=True)
    typed += ["246810"]
    with pytest.raises(PinLocked):
        unlock(key)  # type: ignore[arg-type]
    assert key.given == [] and typed == ["246810"]
