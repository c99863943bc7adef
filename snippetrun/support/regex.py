r"""Regular expressions that pages and sites have written: run by RE2, whose time is linear in the text.

Python's own engine needs years for `(a+)+c` on forty letters. RE2 lacks what would need that: look-arounds such as
`(?=...)` and backreferences such as `\1`.
"""

from __future__ import annotations

import re
from typing import cast

import re2

_MEMORY = 1 << 17
"""Bytes for a compiled pattern: a few thousand steps, for each of which RE2 may have to look at each character."""
LACKS = "(RE2 has no look-arounds and no backreferences)"
SYNTAX = f"See https://github.com/google/re2/wiki/Syntax {LACKS}."
"""What to tell somebody whose pattern is refused."""


class PatternError(ValueError):
    """A text is no regular expression, or one that is too large; the message says why."""


def compile(pattern: str) -> re.Pattern[str]:  # noqa: A001 - as `re.compile`
    """Return what works like a compiled pattern of `re`; raise PatternError if RE2 cannot use it."""
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        return cast("re.Pattern[str]", re2.compile(pattern, options))
    except re2.error as error:
        message = error.args[0]
        raise PatternError(message.decode(errors="replace") if isinstance(message, bytes) else str(message)) from None
    except UnicodeEncodeError:
        raise PatternError("it holds half of a character") from None


def escape(text: str) -> str:
    """Return the pattern of a text that stands for itself."""
    return str(re2.escape(text))
