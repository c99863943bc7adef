"""What a site and a page say about what may differ, and what must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from snippetrun import regex
from snippetrun.sameness.forms import Host, Kind, Token


@dataclass(frozen=True)
class Rules:
    """Regular expressions (RE2's), looked for in each line."""

    varies: tuple[str, ...] = ()
    """What a match is may differ, although two runs do not show it."""
    same: tuple[str, ...] = ()
    """A match must not differ, whatever its form and whatever two runs have shown."""
    words: bool = True
    """Whether other runs are believed to show that words vary, and lines; if not, numbers, ids and orders alone."""

    @cached_property
    def _patterns(self) -> Sequence[tuple[Kind, object]]:
        kinds = (Kind.FIXED, self.same), (Kind.FREE, self.varies)
        return [(kind, regex.compile(pattern)) for kind, patterns in kinds for pattern in patterns]

    def read(self, host: Host, line: str) -> list[Token]:
        """Return a line as tokens, each match one of its own."""
        if not self._patterns:
            return host.read(line)
        found: list[Token] = []
        for kind, pattern in self._patterns:
            for match in pattern.finditer(line):  # type: ignore[attr-defined] # as `re.Pattern`
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
