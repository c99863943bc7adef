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
"""Words that open a compound command -> the word that closes it: `if ...; then ...; fi`."""
BEFORE_COMMAND = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "{"})
"""Words after which a command stands: `then docker ps`."""
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
"""Programs that run another, and their options that take a value: `sudo -u root docker ps`."""
# name=, PATH+=
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
# &&, |, >>, <<- and the others
OPERATOR = re.compile(r"&&|\|\||\|&|;;|&>>?|[;&|()]|<<<|<<-?|<\(|>\(|[<>]&|>>|>\||<>|[<>]")
# nginx:1.27, --name=web, ./run.sh, *.[ch]
PLAIN = re.compile(r"[\w./:,=@%+*?!^~[\]-]+")
"""What never means anything to the shell inside a word or a string."""
# <web>, <image name>, <path/to/file>:/x; but not <in.txt 2>, nor <in.txt>out.txt
STANDS_FOR = re.compile(r"<([^\W\d_][\w-]*|[^\W\d_][\w ./:-]*[\w/](?<! \d)(?=>(?:$|[\s:/@|;&)])))>")
# what in 'a b' and "a b" means nothing to the shell
INSIDE = {"'": re.compile("[^']+"), '"': re.compile(r'[^"\\$`]+')}
# ps --all , behind docker: whole words that say nothing of where the command ends
ARGUMENTS = re.compile(rf"(?:{PLAIN.pattern}+[ \t]++)++")
WANTS_MORE = frozenset({"&&", "||", "|", "|&"})
"""Operators after which a command must come, on the next line if need be."""
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
    """`docker`, at the start of a line or after `&&`."""
    WRAPPED = auto()
    """`docker` in `sudo -E docker ps`: a command, after options of the wrapper."""
    WRAPPER_VALUE = auto()
    """`root` in `sudo -u root docker ps`."""
    ARGUMENT = auto()
    """`ps` in `docker ps`."""
    TARGET = auto()
    """`out.txt` in `docker ps > out.txt`."""
    DELIMITER = auto()
    """`EOF` in `cat <<EOF`."""
    TABBED_DELIMITER = auto()
    """`EOF` in `cat <<-EOF`, whose lines may begin with tabs."""


@dataclass(slots=True)
class Frame:
    """One thing that is open: a quote, a substitution, a compound command, or the command line itself."""

    closer: str = ""
    """What ends it: `'`, `)`, `fi`; empty for the command line."""
    word: str | None = None
    """The word so far; None between words."""
    quoted: bool = False
    """Whether a part of the word is quoted: `"if"` is no keyword."""
    expect: Expect = Expect.COMMAND
    after_redirection: Expect = Expect.COMMAND
    """What is expected once the target of a redirection is read: `> out.txt docker ps`."""
    wrapper: str = ""
    """The last program, such as `sudo`."""
    dangling: str = ""
    """The operator at the end so far that wants a command on its right."""
    defines_function: bool = False
    """Whether it is the `()` of `name() { ...; }`."""


@dataclass(frozen=True, slots=True)
class Odd:
    """A character outside of quotes and heredocs that the shell would misread: a curly quote, or the `<` of `<web>`."""

    line: int
    """The line of the command, from 0."""
    offset: int
    """Where it stands in that line, from 0."""
    character: str
