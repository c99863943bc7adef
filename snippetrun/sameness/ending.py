"""How a command ended, against how its author expects it to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from snippetrun.model import Command, CommandResult, Ending, PieceKind
from snippetrun.support.limits import beyond_users

_LIST_IT = "The page's engine has no image {}: list it under images: in mkdocs.yml."
_ON_HUB = r'failed to resolve reference "docker\.io/(?:library/)?([\w./:-]+)"'
_NO_IMAGE = {
    r"Unable to find image '([^']+)' locally": _LIST_IT,
    r"failed to resolve source metadata for (?:docker\.io/(?:library/)?)?([\w./:-]+)": _LIST_IT,
    _ON_HUB: (
        "To pull {}, the page needs a registry: `hub: true` in its front matter, which has all images: of mkdocs.yml."
    ),
    r'failed to resolve reference "([\w./:-]+)"': (
        "A page reaches no registry: list {} under images: in mkdocs.yml, and leave the pull out."
    ),
}
"""How the docker command and BuildKit say that an engine has not got an image and cannot fetch it; what to do then."""
_NOT_MADE = (
    "Nothing above makes {}. What other pages make is not here: make it above, in a fence with {{hide}} if readers are"
    " not to see it."
)
_NOT_WRITTEN = "Nothing above writes {0}. A fence that shows it does with {{file={0}}}."
_MADE = (
    "A command above has made {0}. If this is another way to do so, type `docker {1} {0}` above it, in a fence with"
    " {{{{hide}}}} if readers are not to see it."
)
_NOT_HERE = {
    r'The container name "/([\w.-]+)" is already in use': _MADE.format("{0}", "rm -f"),
    r"network with name ([\w.-]+) already exists": _MADE.format("{0}", "network rm"),
    r"This node is not a swarm manager": (
        "Nothing above begins a swarm: `docker swarm init`, in a fence with {{hide}} if readers are not to see it."
    ),
    r"No such (?:container|object): ([\w.-]+)": _NOT_MADE,
    r"get ([\w.-]+): no such volume|network ([\w.-]+) not found": _NOT_MADE,
    r"open ((?:[\w-]+/)*(?:\w*Dockerfile|[\w.-]+\.ya?ml)): no such file": _NOT_WRITTEN,
    r"no configuration file provided: not found": _NOT_WRITTEN.replace("{0}", "compose.yaml"),
}
"""How docker says that a page lacks what another page, or a file of the reader's, has, or has it twice; what to do."""
# $CAP, ${file}
_VARIABLE = re.compile(r"(?<!\\)\$\{?([A-Za-z_]\w+)\b(?![:=?+-])")
# what the page's shell leaves as it is: '$HOME'
_QUOTED = re.compile(r"'[^']*'")
# . env.sh, source env.sh, eval "$(...)", set -a
_SOURCES = re.compile(r"(?:^|[;&|]\s*)(?:\.|source|eval|set -a)\s", re.MULTILINE)
_IS_THERE = frozenset(
    {"HOME", "PWD", "OLDPWD", "USER", "PATH", "SHELL", "TERM", "HOSTNAME", "RANDOM", "UID", "SECONDS"}
)
"""Variables that the page's shell has on its own."""
_ENDED_BY = {"^C": 130, "^\\": 131, "^P^Q": 1}
"""Keys that end a command, and the exit status of one that they have ended.

That is 128 and the number of the signal; `docker attach` counts being detached as an error.
"""

# exit 3
_EXIT = re.compile(r"exit (\d{1,3})")
_IF_IT_TAKES_LONG = (
    "If it needs longer, give its fence {timeout=...}. If it waits for somebody, write under it what is typed. "
    'If it stays open, say until when to watch it: {until="..."}.'
)
_IF_LIMITED = "If it needs more, raise it in mkdocs.yml: under limits: for all pages, or under pages: for this one."
_OTHER_ENDINGS = {
    Ending.UNFINISHED: (
        "the shell waits for the rest of it",
        "Close the quote or the heredoc; go on in the next line with `> ` or a trailing backslash.",
    ),
    Ending.SHELL_GONE: (
        "it ended the page's shell",
        "Leave `exit`, `exec` and `set -e` out, or put them into (parentheses).",
    ),
    Ending.TOO_MUCH: (
        "it printed 100 MB more than is kept, and was stopped",
        "Let it print less, or send its output to a file. `output_limit` in mkdocs.yml says how much is kept.",
    ),
    Ending.LEFT_OPEN: ("", ""),
}


def wrong_ending(command: Command, recorded: CommandResult) -> tuple[str, str]:
    """Return what is wrong with the way in which a command ended, and what to do; empty if nothing is."""
    if recorded.fault:
        return recorded.fault, _IF_LIMITED
    waiting = f", waiting for {recorded.waited_for}" if recorded.waited_for else ""
    if recorded.ending is Ending.TIMED_OUT:
        return f"still running after {recorded.seconds:.0f} s{waiting}", _IF_IT_TAKES_LONG
    if recorded.ending in _OTHER_ENDINGS:
        return _OTHER_ENDINGS[recorded.ending]
    if waiting:
        return f"it ended{waiting}", ""
    if recorded.status in _allowed(command, recorded):
        return "", ""
    causes = (missing_image, beyond_users, _not_here) if command.status == 0 else ()
    hint = next(filter(None, (cause(recorded.output) for cause in causes)), "")
    return f"exit status {recorded.status}, expected {command.status}", hint


def _allowed(command: Command, recorded: CommandResult) -> set[int]:
    """Return the exit statuses that are as expected: who presses ^C or types `exit 3` expects what follows from it."""
    typed = [piece.text.strip() for piece in recorded.pieces if piece.kind is not PieceKind.OUTPUT]
    if command.status or not typed:
        return {command.status}
    if left := _EXIT.fullmatch(typed[-1]):
        return {int(left[1]) & 0xFF}
    return {0, _ENDED_BY.get(typed[-1], 0)}


def missing_image(output: str) -> str:
    """Return what to do about an image that the page's engine had not got; "" if the output speaks of none."""
    return _first(_NO_IMAGE, output)


def _not_here(output: str) -> str:
    return _first(_NOT_HERE, output)


def empty_variable(command: str, above: Iterable[str]) -> str:
    """Return what to do about a variable in a command that failed and that none of those above it sets; "" if none.

    It may stand for what readers have: `docker run --cap-add $CAP alpine`.
    """
    typed = "\n".join(above)
    for match in _VARIABLE.finditer(_QUOTED.sub("", command)):
        name = match[1]
        is_set = re.search(rf"\b{name}=|\b(?:for|read|select)\b[^;|&\n]*\b{name}\b", f"{typed}\n{command}")
        if name not in _IS_THERE and not is_set and not _SOURCES.search(typed):
            return f"${name} is empty: nothing above sets it. Set it, or write what it stands for."
    return ""


def _first(hints: Mapping[str, str], output: str) -> str:
    """Return the first of the hints whose pattern is in an output."""
    for pattern, hint in hints.items():
        if match := re.search(pattern, output):
            return hint.format(match[match.lastindex or 0])
    return ""


def wanted_of_hub(output: str) -> str:
    """Return the image that a command has looked for on Docker Hub, as none was there; "" if it has not."""
    match = re.search(_ON_HUB, output)
    return match[1] if match else ""
