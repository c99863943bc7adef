"""The words and signs of the shell that tell where a command ends and what it calls (POSIX, 2.3 and 2.10; bash)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

STRINGS = frozenset({"'", '"', "$'", "${", "))"})
"""Closers of text in which no word is a command."""
OPENERS = {
    "if": "fi",
    "for": "done",
    "while": "done",
    "until": "done",
    "select": "done",
    "case": "esac",
    "{": "}",
}
BEFORE_COMMAND = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "{"})
WRAPPERS = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T"}),
    "doas": frozenset({"-u", "-C"}),
    "env": frozenset({"-u", "-C"}),
    "exec": frozenset({"-a"}),
    "nice": frozenset({"-n"}),
    "timeout": frozenset({"-s", "-k"}),
    "watch": frozenset({"-n"}),
    "xargs": frozenset({"-I", "-L", "-P", "-a", "-d", "-n", "-s"}),
    "command": frozenset(),
    "nohup": frozenset(),
    "time": frozenset(),
}
"""Programs that run the program named after them, and their options that take a value of their own."""
# name=, PATH+=
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
# &&, |, >>, <<- and the others
OPERATOR = re.compile(r"&&|\|\||\|&|;;|&>>?|[;&|()]|<<<|<<-?|<\(|>\(|[<>]&|>>|>\||<>|[<>]")
PLAIN = re.compile(r"[\w./:,=@%+-]+")
"""What never means anything to the shell inside a word or a string."""
WANTS_MORE = frozenset({"&&", "||", "|", "|&"})
DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2212")
QUOTES = frozenset("\u2018\u201c\u201d")
DOCKER = frozenset({"docker", "docker-compose"})
WAITS_FOR = {
    "))": "the closing ))",
    "${": "the closing }",
    "$'": "the closing '",
    "`": "the closing backtick",
}


class Expect(Enum):
    """What the next word is."""

    COMMAND = auto()
    WRAPPED = auto()
    """A command, after options of the wrapper."""
    WRAPPER_VALUE = auto()
    ARGUMENT = auto()
    TARGET = auto()
    """The file of a redirection."""
    DELIMITER = auto()
    TABBED_DELIMITER = auto()
    """That of `<<-`."""


@dataclass(slots=True)
class Frame:
    """One thing that is open: a quote, a substitution, a compound command, or the command line itself."""

    closer: str = ""
    word: str | None = None
    quoted: bool = False
    expect: Expect = Expect.COMMAND
    after_redirection: Expect = Expect.COMMAND
    wrapper: str = ""
    dangling: str = ""
    """The operator at the end so far that wants a command on its right."""
    defines_function: bool = False


@dataclass(frozen=True, slots=True)
class Odd:
    """A character outside of quotes and heredocs that is not for the shell to read."""

    line: int
    """The line of the command, from 0."""
    offset: int
    """Where it stands in that line, from 0."""
    character: str
