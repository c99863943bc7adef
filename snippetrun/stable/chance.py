"""Values that look like chance and are the same in every build: each is made of the words that say what it is for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

HEX = "0123456789abcdef"
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""What BuildKit and swarms make their ids of."""
_BODY = 6
"""The digits of an id that are its own; as many after them can be told from these."""


def number(below: int, *words: object) -> int:
    """Return a number from 0 to `below`, which is not reached."""
    return int.from_bytes(_digest(words)) % below


def choice(among: Sequence[str], *words: object) -> str:
    """Return one of several texts."""
    return among[number(len(among), *words)]


def identifier(alphabet: str, length: int, *words: object) -> str:
    """Return an id by which `is_ours` knows us: its first 12 digits."""
    body = _spell(alphabet, _BODY, words)
    return body + _check(alphabet, body) + _spell(alphabet, length - 2 * _BODY, ("rest", *words))


def is_ours(identifier: str) -> bool:
    """Whether an id was made here, by its first 12 digits."""
    body, check = identifier[:_BODY], identifier[_BODY : 2 * _BODY]
    return any(check == _check(alphabet, body) for alphabet in (HEX, LETTERS))


def _check(alphabet: str, body: str) -> str:
    return _spell(alphabet, _BODY, ("check", body))


def _spell(alphabet: str, length: int, words: Sequence[object]) -> str:
    value, digits = int.from_bytes(_digest(words)), ""
    while len(digits) < length:
        value, digit = divmod(value, len(alphabet))
        digits += alphabet[digit]
        if not value:
            value = int.from_bytes(_digest(("more", digits, *words)))
    return digits


def _digest(words: Sequence[object]) -> bytes:
    return hashlib.sha256("\0".join(map(str, words)).encode()).digest()
