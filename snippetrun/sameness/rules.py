"""What a site and a page say themselves: `varies:` for what may differ, and `same:` for what must not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from snippetrun.model import Rules
from snippetrun.sameness.forms import Host, Kind, Token
from snippetrun.support import regex


@cache
def _patterns(rules: Rules) -> Sequence[tuple[Kind, re.Pattern[str]]]:
    kinds = (Kind.FIXED, rules.same), (Kind.FREE, rules.varies)
    return [(kind, regex.compile(pattern)) for kind, patterns in kinds for pattern in patterns]


def read(rules: Rules, host: Host, line: str) -> list[Token]:
    """Return a line as tokens. What one of the patterns matches is a token of its own, FIXED or FREE."""
    patterns = _patterns(rules)
    if not patterns:
        return host.read(line)
    matches: list[Token] = []
    for kind, pattern in patterns:
        for match in pattern.finditer(line):
            start, end = match.span()
            if start < end and all(end <= other.start or other.start + len(other.text) <= start for other in matches):
                matches.append(Token(kind, match[0], start))
    tokens, at = [], 0
    for token in [*sorted(matches, key=lambda token: token.start), None]:
        end = token.start if token else len(line)
        tokens += [Token(t.kind, t.text, at + t.start, t.name) for t in host.read(line[at:end])]
        if token:
            tokens.append(token)
            at = end + len(token.text)
    return tokens
