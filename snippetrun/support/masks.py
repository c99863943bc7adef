"""Values that nobody must see, and `***` in their place wherever text leaves us.

They are those of environment variables that `secrets:` names in the site's configuration. The environment belongs to
the process, and so do they: errors that know no site are masked too. A value is found as it is, also where colours or
the ends of lines stand in it; not where it is encoded, as in base64.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from snippetrun.support.sgr import SEQUENCE

MASK = "***"
SHORTEST = 4
"""Characters: what is shorter stands in many words that are no secret."""

_BETWEEN = rf"(?:{SEQUENCE}|\r?\n[ \t]*)*"
"""What may stand between two characters of a value: colours, and the end of a line with the next one's indentation."""
_UNSEEN = re.compile(rf"{SEQUENCE}|\s")
_hidden: set[str] = set()
_pattern: re.Pattern[str] | None = None


def hide(values: Iterable[str]) -> None:
    """Mask these values from now on, each of at least `SHORTEST` characters; of several lines, each by itself too."""
    global _pattern  # noqa: PLW0603 - see above
    for value in values:
        _hidden.update(part for part in (value.strip(), *map(str.strip, value.split("\n"))) if len(part) >= SHORTEST)
    longest_first = sorted(_hidden, key=lambda value: (-len(value), value))
    alternatives = "|".join(_BETWEEN.join(map(re.escape, value.replace("\n", ""))) for value in longest_first)
    _pattern = re.compile(alternatives) if alternatives else None


def hides_something() -> bool:
    """Tell whether there are values to mask."""
    return bool(_hidden)


def masked(text: str) -> str:
    """Return text without any of the values."""
    return _pattern.sub(MASK, text) if _pattern else text


def masked_end(text: str) -> str:
    """Return text that was cut off, without the beginning of a value at its end."""
    text = masked(text).rstrip("\N{REPLACEMENT CHARACTER}")
    sizes = (n for value in _hidden for n in range(len(value) - 1, 0, -1) if text.endswith(value[:n]))
    size = max(sizes, default=0)
    return text[: len(text) - size] + MASK if size else text


def is_hinted_at(text: str) -> bool:
    """Tell whether `SHORTEST` characters of a value stand in a row in a text, colours, blanks and line ends aside."""
    bare = _UNSEEN.sub("", text)
    values = (_UNSEEN.sub("", value) for value in _hidden)
    return any(value[at : at + SHORTEST] in bare for value in values for at in range(max(1, len(value) - SHORTEST + 1)))


def masked_data(data: Any) -> Any:  # noqa: ANN401 - as JSON is
    """Return plain data, as JSON has it, without any of the values."""
    if not _pattern:
        return data
    if isinstance(data, str):
        return masked(data)
    if isinstance(data, dict):
        return {masked_data(key): masked_data(value) for key, value in data.items()}
    return [masked_data(value) for value in data] if isinstance(data, list | tuple) else data
