"""The images that the commands of pages use, read from their text.

docker run --rm -p 80:80 nginx:1.27     nginx:1.27
docker pull debian && docker ps         debian
docker build -t mine .                  none: the page makes it
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from snippetrun.config import image_name
from snippetrun.model import Page

# registry.example/team/app:1.2
_NAME = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[0-9]+(?:/[a-z0-9._-]+)+)?(?::[\w.-]+)?")
# FROM --platform=linux/amd64 debian AS build
_FROM = re.compile(r"^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE | re.MULTILINE)
# $(pwd), $(id -u), but not $(docker ps -q)
_PUT_IN = re.compile(r"\$\((?![^()]*\bdocker\b)[^()]*\)")
_STARTS = frozenset({"run", "create"})
_NAMES_IMAGE = frozenset({"pull", "history", "save", "push"})
_GROUPS = frozenset({"container", "image", "service", "buildx", "builder"})
_CLIENT_VALUES = frozenset({"-H", "--host", "-c", "--context", "-l", "--log-level", "--config"})
_FLAGS = frozenset({
    "--detach", "--init", "--interactive", "--no-healthcheck", "--oom-kill-disable", "--privileged", "--publish-all",
    "--quiet", "--read-only", "--rm", "--sig-proxy", "--tty", "--all-tags", "--disable-content-trust",
    "--no-trunc", "--human", "--with-registry-auth", "--no-resolve-image",
})  # fmt: skip
"""Options of these commands that take no value; all others do: `--name web`."""
_LETTERS = frozenset("aditPqH")
"""The same for options of one letter: `-it`, but `-p 80:80`."""


def used(pages: Iterable[Page]) -> Counter[str]:
    """Return the images that pages use and do not make, with the number of pages; all have their tag."""
    return Counter(name for page in pages for name in _used(page))


def vocabulary(text: str) -> set[str]:
    """Return what words in docker commands are verbs, options, images and programs: not what the page calls its things.

    docker container run --name web debian:13 ls -l     run, --name, debian:13, debian, ls
    """
    known: set[str] = set()
    for verb, *words in filter(None, _docker(text)):
        arguments = _arguments(words)
        known |= {verb, *(word for word in words[: len(words) - len(arguments)] if word.startswith("-"))}
        known |= {form for name in _uses([verb, *words]) for form in (name, name.partition(":")[0])}
        known.update(arguments[1:2] if verb in _STARTS | {"exec"} else ())
    return known


def _used(page: Page) -> set[str]:
    named: set[str] = set()
    made: set[str] = {"scratch:latest"}
    for snippet in page.snippets:
        typed = "\n".join(command.text for command in snippet.commands)
        for match in _FROM.finditer(snippet.content if snippet.options.file is not None else typed):
            named.add(match[1])
            made.add(image_name(match[2] or "scratch"))
        for command in snippet.commands:
            for words in _docker(command.text):
                named.update(_uses(words))
                made.update(map(image_name, _makes(words)))
    return {image_name(name) for name in named if _NAME.fullmatch(name)} - made


def _docker(text: str) -> Iterator[list[str]]:
    """Yield the words behind each `docker`, without the client's options and the word of a group: `image`."""
    lexer = shlex.shlex(_PUT_IN.sub("$", text.replace("\\\n", " ")), posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError:  # a quote that nothing closes
        return
    for at, word in enumerate(words):
        if word.rpartition("/")[2] == "docker":
            rest = _ended(words[at + 1 :])
            while rest and rest[0].startswith("-"):
                rest = rest[2 if rest[0] in _CLIENT_VALUES else 1 :]
            yield rest[1:] if rest and rest[0] in _GROUPS else rest


def _ended(words: Sequence[str]) -> list[str]:
    """Return the words up to an operator of the shell: `&&`, `|`, `)`."""
    end = next((at for at, word in enumerate(words) if word and set(word) <= set("();<>|&")), len(words))
    return list(words[:end])


def _uses(words: Sequence[str]) -> list[str]:
    verb, rest = (words[0], _arguments(words[1:])) if words else ("", [])
    if verb in _STARTS | _NAMES_IMAGE or (verb == "tag" and len(rest) == 2):
        return rest[:1]
    return []


def _makes(words: Sequence[str]) -> list[str]:
    verb = words[0] if words else ""
    if verb == "build":
        pairs = zip(words, [*words[1:], ""], strict=True)
        return [
            value if word in {"-t", "--tag"} else word.partition("=")[2]
            for word, value in pairs
            if word in {"-t", "--tag"} or word.startswith(("--tag=", "-t="))
        ]
    return _arguments(words[1:])[1:2] if verb in {"tag", "commit", "import"} else []


def _arguments(words: Sequence[str]) -> list[str]:
    """Return what is neither an option nor the value of one; all behind the first argument is left as it is."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        word = words[at]
        takes_value = (
            word not in _FLAGS and "=" not in word
            if word.startswith("--")
            else not _LETTERS.issuperset(word[1:-1]) or word[-1] not in _LETTERS
        )
        attached = not word.startswith("--") and len(word) > 2 and word[1] not in _LETTERS  # -p80:80
        at += 2 if takes_value and not attached else 1
    return list(words[at:])
