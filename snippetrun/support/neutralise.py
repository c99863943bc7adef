r"""What others have written, as text that steers nothing: no terminal, no eye, no machine that reads a CI log.

- `visible`: characters that nobody sees, and those that turn others around, become `<U+202E>`
- `plain`: the same without control sequences, and with secrets masked
- `neutralise`: the same, without what a runner of CI jobs obeys
- `in_json`: a JSON document in which the same characters are escapes

A runner of GitHub Actions obeys a line that starts, blanks aside, with `::`, has a second `::`, and names a command of
its between them; and `##[...]` anywhere in a line. Others obey `##vso[...]` and `##teamcity[...]`. A blank in their
midst takes that from them, and no reader is misled. As logs wrap lines at blanks, a `::` after any blank counts.
"""

from __future__ import annotations

import json
import re
from functools import cache

from snippetrun.support.masks import masked

# The grammar of control sequences is ECMA-48, 5.4 (CSI) and 5.6 (control strings). A control string also ends with its
# line: a stray byte must not swallow the rest of the output. Only pictures have line ends in theirs (DCS), and a proper
# end. Examples: `\x1b[31m`, `\x1b]0;title\x07`, `\x1bPq#0\n~\x1b\\`, `\x1b7`, `\x07`.
CONTROL = re.compile(
    r"""
      (?: \x1b\[ | \x9b ) (?: (?P<sgr> [0-9:;]* ) m | [0-?]* [\ -/]* [@-~]? )             # CSI
    | \x1bP [^\x18\x1a\x1b\x9c]* (?: \x1b\\ | \x9c )                                        # DCS
    | (?: \x1b[PX\]^_] | [\x90\x98\x9d-\x9f] ) [^\x07\x18\x1a\x1b\x9c\n]*
      (?: \x07 | \x9c | \x1b\\ )?                                                        # DCS SOS OSC PM APC
    | \x1b [\ -/]* [0-~]?                                                                # any other escape
    | [\x00-\x08\x0b-\x1f\x7f-\x9f]                                                      # any other control
    """,
    re.VERBOSE,
)
"""Every control sequence and control character but tabs and line feeds; the group `sgr` has the colours' parameters."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which no file can hold."""
# What has no width, turns the direction of writing, or ends a line only for some: what Unicode calls default-ignorable,
# and the line separators. Two that scripts and emoji need stay where they do their work: a joiner (U+200C, U+200D)
# between two characters beyond ASCII, and a variation selector behind one, or behind what a keycap stands around.
_UNSEEN = (
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|[\u200c\u200d](?![\x80-\U0010ffff])|(?<![\x80-\u200b\u200e-\U0010ffff])[\u200c\u200d]"
    "|(?<![\x80-\ufdff\ufe10-\U0010ffff])[\ufe00-\ufe0e]|(?<![0-9#*\x80-\ufdff\ufe10-\U0010ffff])\ufe0f"
)
# the first colons of `::error::x`, `  ::add-mask::x` and `a ::debug::x`, and all of `::::`
_COLONS = re.compile(r"(?:^|(?<=\s)):{2,}")
_HASHES = re.compile(r"#(?=#\w*\[)")  # `##[error]x`, `##vso[task.complete]`
_JSON_HASHES = re.compile(r"##(?=\w*\[)")
# DEL, the C1 controls, and half a character
_JSON_LOUD = re.compile("[\x7f-\x9f\ud800-\udfff]")


@cache
def _unseen() -> re.Pattern[str]:
    """Compile it when somebody needs it: that takes longer than all else here together."""
    return re.compile(_UNSEEN)


def visible(text: str) -> str:
    """Return text in which each character that nobody sees is named, as `<U+202E>`."""
    return text if text.isascii() else _unseen().sub(lambda match: f"<U+{ord(match[0]):04X}>", text)


def whole(text: str) -> str:
    """Return text that can be written as UTF-8."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def plain(text: str) -> str:
    """Return visible text without secrets, and without control characters other than tabs and line feeds."""
    return whole(visible(masked(CONTROL.sub("", text))))


def neutralise(text: str) -> str:
    """Return plain text that no runner of CI jobs takes for commands."""
    return _HASHES.sub("# ", "\n".join(map(_without_commands, plain(text).split("\n"))))


def _without_commands(line: str) -> str:
    """Part the colons that have others behind them; where the last are is looked up once, as a line may be long."""
    last = line.rfind("::")
    return _COLONS.sub(lambda run: " ".join(run[0]) if len(run[0]) > 3 or run.end() <= last else run[0], line)


def in_json(document: str) -> str:
    """Return a JSON document that means the same and is as harmless: JSON has escapes, and only strings need them."""
    document = _JSON_HASHES.sub(r"#\\u0023", document)
    for pattern in (_JSON_LOUD, _unseen()):
        document = pattern.sub(lambda match: json.dumps(match[0])[1:-1], document)
    return document
