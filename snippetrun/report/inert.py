r"""Output as text that can steer neither a terminal nor the machine that reads a CI log.

A runner of GitHub Actions obeys a line that starts, blanks aside, with `::`, has a second `::`, and names a command of
its between them; and `##[...]` anywhere in a line. Others obey `##vso[...]` and `##teamcity[...]`. A blank in their
midst takes that from them, and no reader is misled.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_COLONS = re.compile(r"^(\s*:)(?=:.*::)", re.MULTILINE)
_HASHES = re.compile(r"#(?=#\w*\[)")


def plain(text: str) -> str:
    """Return text without control characters other than tabs and line feeds, and fit to be written as UTF-8."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _CONTROL.sub("", text))


def inert(text: str) -> str:
    """Return plain text that no runner of CI jobs takes for commands."""
    return _HASHES.sub("# ", _COLONS.sub(r"\1 ", plain(text)))
