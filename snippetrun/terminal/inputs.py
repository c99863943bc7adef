r"""Which lines under a command are typed into it: those that start with the prompt then on screen, and keys.

    root@<id>:/# echo hi        the prompt, then what is typed
    root@<id>:/# ^P^Q           the prompt, then keys
    ^C                          keys alone
    root@<id>:/#                the prompt alone: wait for it, and leave the program there

A prompt ends in one of the characters that prompts end in. Whether a line has one, and where it ends, only the screen
can tell: the same line may be output.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from snippetrun.support.patterns import KEYS, WILDCARD, Names

_PROMPT_END = re.compile(rf"{WILDCARD.pattern}|(?P<end>[#$>%:?\])] ?)")  # the > of <id> ends no prompt
_LONGEST = 1000
"""Letters in which a prompt has its end."""
# 3f2a1b4c5d6e, in `docker stop 3f2a1b4c5d6e`
_PASTED_ID = re.compile(r"\b[0-9a-f]{12}\b")
# root@3f2a in root@3f2a:/#
_PART_OF_ID = re.compile(r"^([^@]*@)[0-9a-f]{3,11}\b")
_DETACHED = "read escape sequence"
"""What docker prints once ^P^Q has detached it, and often the only trace of these keys in what people write."""
_ASKING = r"(?i)(?:password|passphrase|passcode|token|secret|\bpin\b)"
_SECRET = re.compile(_ASKING + "[^:]{0,200}: ?$")  # `Enter PIN: `
_SECRET_AND_REPLY = re.compile(_ASKING + r".{0,200}?: (?=\S)")  # `Password for 'https://a@b.c': hunter2`
# root@3f2a1b4c5d6e:/# , / # , sh-5.2# , mysql> , >>> ; but no line of a program that has not come to its end
_SHELLS_OWN = re.compile(r"(?:\S+|[~/]\S* )[#$>] ")
_SHELL = re.compile(r".*[#$>%] ?")


@dataclass(frozen=True, slots=True)
class Input:
    """A line of a fence that is typed."""

    index: int
    """Which of the lines it is."""
    prompt: str
    """The prompt before it, as the author wrote it; empty for keys alone."""
    text: str
    """What is typed; empty for a prompt alone."""

    @property
    def is_keys(self) -> bool:
        """Whether it is keys, after which nobody presses Enter."""
        return is_keys(self.text)

    def data(self, text: str) -> bytes:
        """Return the bytes that a keyboard sends; `text` is the input's with the words of names in it."""
        return keys(text) if self.is_keys else text.encode() + b"\r"


def is_keys(text: str) -> bool:
    r"""Whether a text is control keys as they are written: `^C`, `^D`, `^\`, `^P^Q`."""
    return bool(KEYS.fullmatch(text.strip()))


def keys(text: str) -> bytes:
    """Return the bytes of control keys; `^?` is the backspace key."""
    return bytes(0x7F if letter == "?" else ord(letter) & 0x1F for letter in text.strip()[1::2])


def typed_at(lines: Sequence[str], start: int, prompt: str, names: Names) -> Input | None:
    """Return the first line from `start` on that begins with the prompt on screen; None if no line does.

    A name in the prompt is bound: `root@<id>:/#` finds out what <id> is.
    """
    own_id = _PASTED_ID.search(prompt)
    shown = _spaceless(prompt)
    for index in range(start, len(lines)):
        for end in _prompt_ends(lines[index]):
            if names.bind(_of_any_container(lines[index][:end], own_id and own_id[0]), shown):
                return Input(index, lines[index][:end], lines[index][end:].rstrip())
    return None


def _of_any_container(written: str, own_id: str | None) -> str:
    """Return a written prompt, without blanks, as that of the container whose id the prompt on screen has, if any.

    Authors paste an id that they saw, or shorten it: `root@3f2a:/#`. A word that is no part of an id is another host.
    """
    written = _PASTED_ID.sub(own_id or "<...>", written)
    return _spaceless(_PART_OF_ID.sub(rf"\g<1>{own_id}", written) if own_id else written)


def _spaceless(prompt: str) -> str:
    """Return a prompt without its spaces: `/# ` is often written for `/ # `."""
    return prompt.replace(" ", "")


def _prompt_ends(line: str) -> list[int]:
    """Return where a prompt at the beginning of a line may end."""
    return [match.end() for match in _PROMPT_END.finditer(line, 0, _LONGEST) if match["end"]]


def keys_at(lines: Sequence[str], start: int) -> Input | None:
    """Return the first line from `start` on that is keys alone, or that tells of keys which nobody wrote."""
    for index in range(start, len(lines)):
        if is_keys(lines[index]):
            return Input(index, "", lines[index].strip())
        if lines[index].strip() == _DETACHED and not any(map(is_keys, lines[:index])):
            return Input(index - 1, "", "^P^Q")
    return None


def may_have_typed(lines: Sequence[str], index: int, prompt: str, names: Names) -> list[str]:
    """Return what a line may have typed at this prompt, the likeliest first, with the words of names in their place."""
    line = lines[index] if 0 <= index < len(lines) else ""
    if is_keys(line):
        return [line.strip()]
    entry = typed_at([line], 0, prompt, Names(dict(names.words))) if prompt.strip() else None
    texts = [entry.text] if entry else [line[end:].rstrip() for end in _prompt_ends(line)]
    if lines[index + 1 : index + 2] and lines[index + 1].strip() == _DETACHED:
        texts.append("^P^Q")
    return [names.substitute(text) for text in texts]


def may_be_typed(lines: Sequence[str]) -> bool:
    """Whether any of the lines could be typed input, so that the screen has to be watched."""
    return any(is_keys(line) or _prompt_ends(line) for line in lines)


def asks_for_secret(prompt: str) -> bool:
    """Whether a prompt asks for what nobody must see."""
    return bool(_SECRET.search(prompt))


def without_secret(line: str) -> str:
    """Return a line of a fence that does not run without what would be typed in secret: `Password: hunter2`.

    Only the screen could tell whether it is typed at all, so this takes all for typed that stands behind such a prompt,
    a colon and a blank.
    """
    match = _SECRET_AND_REPLY.search(line)
    return line[: match.end()] if match else line


def is_shells_own(prompt: str) -> bool:
    """Whether a prompt can be nothing but that of a shell or an interpreter: it has no blank within, and one behind."""
    return bool(_SHELLS_OWN.fullmatch(prompt))


def looks_like_shell(prompt: str) -> bool:
    """Whether a prompt ends as those of shells and interpreters do."""
    return bool(_SHELL.fullmatch(prompt))
