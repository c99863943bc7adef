"""The accounts: whoever comes first has the name."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading

from .access import OFFICIAL

_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")  # what can be the first part of a repository's name


class Users:
    """Names and what is needed to know their passwords again; in memory, and nowhere else."""

    def __init__(self) -> None:
        """Begin with no accounts."""
        self._known: dict[str, tuple[bytes, bytes]] = {}
        self._lock = threading.Lock()

    def admit(self, name: str, password: str) -> bool:
        """Tell whether this is the user's password; the first password for a name is."""
        if not _NAME.fullmatch(name) or name == OFFICIAL or not password:
            return False
        with self._lock:
            if name not in self._known:
                salt = secrets.token_bytes(16)
                self._known[name] = salt, _hash(password, salt)
            salt, expected = self._known[name]
        return hmac.compare_digest(_hash(password, salt), expected)


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
