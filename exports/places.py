"""Places in a worksheet: letters of columns."""

from __future__ import annotations


def column_number(letters: str) -> int:
    """Number of a column, A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(index: int) -> str:
    """Letters of a column, index 0 is A."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
