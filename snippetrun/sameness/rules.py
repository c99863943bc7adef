"""What a site and a page say about what may differ, and what must not."""

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
    """Return a line as tokens, each match one of its own."""
    patterns = _patterns(rules)
    if not patterns:
        return host.read(line)
    found: list[Token] = []
    for kind, pattern in patterns:
        for match in pattern.finditer(line):
            start, end = match.span()
            if start < end and all(end <= each.start or each.start + len(each.text) <= start for each in found):
                found.append(Token(kind, match[0], start))
    tokens, at = [], 0
    for each in [*sorted(found, key=lambda token: token.start), None]:
        end = each.start if each else len(line)
        tokens += [Token(t.kind, t.text, at + t.start, t.name) for t in host.read(line[at:end])]
        if each:
            tokens.append(each)
            at = end + len(each.text)
    return tokens
