"""The course notes are on the site whole: each line leads to where it is taught, its commands run there, and back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest
from conftest import REPOSITORY
from markdown.extensions.toc import slugify

from snippetrun import config
from snippetrun.extract import files
from snippetrun.extract.fences import read_outline
from snippetrun.support.patterns import KEYS

DOCS = REPOSITORY / "docs"
THE_NOTES = "the-notes.md"
DIGEST = "0f123aa8f0c9b8d688a6a8fac34af3c8877b86cc97be28289add5701f2e6cb9f"
"""Of the notes as they came, without blank lines and blanks at the ends of lines."""

# A line: - `docker info` - verifies Docker is installed ↪ [Is it working?](getting-started.md#is-it-working)
_LINE = re.compile(r"(?P<indent> *)(?P<text>\S.*?)(?: ↪ (?P<taught>.+))?")
_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<page>[\w/-]+\.md)(?:#(?P<anchor>[\w-]+))?\)")
_CODE = re.compile(r"`([^`]+)`")
_STANDS_FOR_SOMETHING = re.compile(r"<[^>]*>|\[\w+\]")
_SLIPS = {";/": ";"}
"""What the notes have in code, and what they mean."""

NOT_IN_CODE = {
    "-i interactive": "-i",
    "-t pseudo-TTY": "-t",
    "-d detached mode": "-d",
    "ctrl-P then ctrl-Q": "^P^Q",
    "Start with FROM": "FROM",
    "RUN executes": "RUN",
    "ADD or COPY": "ADD",
    "or COPY a file": "COPY",
    "a .dockerignore": ".dockerignore",
}
"""Words of the notes that name something to run, though not in code."""


class NotesLine(NamedTuple):
    """A line of the notes, and where it is taught."""

    section: str
    indent: int
    text: str
    places: list[tuple[str, str]]


def notes() -> Iterator[NotesLine]:
    """Yield the lines of the notes, with their headings."""
    page = (DOCS / THE_NOTES).read_text()
    section = ""
    for line in page.partition("<!-- the notes -->")[2].partition("<!-- end -->")[0].split("\n"):
        if match := _LINE.fullmatch(line):
            section = anchor(match["text"]) if line.startswith("#") else section
            places = [(link["page"], link["anchor"]) for link in _LINK.finditer(match["taught"] or "")]
            yield NotesLine(section, len(match["indent"]), match["text"], places)


def anchor(heading: str) -> str:
    return slugify(heading.lstrip("#").strip().replace("`", ""), "-")


@cache
def headings(page: str) -> dict[str, range]:
    """Return the anchors of a page, and the lines that each heads."""
    lines = (DOCS / page).read_text().split("\n")
    code = {n for f in read_outline(lines).fences for n in range(f.line, f.end_line + 1)}
    starts = [n for n, line in enumerate(lines, 1) if re.match(r"#+ ", line) and n not in code]
    ends = [*starts[1:], len(lines) + 1]
    return {anchor(lines[n - 1]): range(n, end) for n, end in zip(starts, ends, strict=True)}


@cache
def lines_that_run(page: str) -> dict[int, str]:
    """Return the lines of a page that are typed or written into a file, by their number."""
    read = files.read(config.load(REPOSITORY / "mkdocs.yml"), DOCS / page)
    found: dict[int, str] = {}
    for snippet in read.snippets:
        if snippet.options.skip is not None or read.options.skip is not None:
            continue
        if snippet.options.file is not None:
            found |= {snippet.line: snippet.options.file}
            found |= dict(enumerate(snippet.content.splitlines(), snippet.line + 1))
        for command in snippet.commands:
            if command.text:
                found[command.line] = command.text
            found |= {n: line for n, line in enumerate(command.written, command.end_line + 1) if may_be_typed(line)}
    return found


def may_be_typed(line: str) -> bool:
    return bool(KEYS.fullmatch(line.strip()) or re.match(r"\S*# \S", line))


def commands(text: str) -> Iterator[str]:
    """Yield what a line of the notes wants to run."""
    yield from _CODE.findall(text)
    yield from (command for words, command in NOT_IN_CODE.items() if words in text)


TAUGHT = [line for line in notes() if not line.text.startswith(("#", "http"))]
COMMANDS = [(command, line.places) for line in TAUGHT for command in commands(line.text)]


def test_the_page_has_the_notes_as_they_came() -> None:
    lines = [line.text.removeprefix("#").rjust(line.indent // 2 + len(line.text.removeprefix("#"))) for line in notes()]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == DIGEST


def test_each_line_leads_to_headings_that_are_there() -> None:
    assert [line.text for line in TAUGHT if not line.places] == []
    wrong = [(page, name) for line in TAUGHT for page, name in line.places if name not in headings(page)]
    assert wrong == []


def test_the_words_that_are_not_in_code_are_words_of_the_notes() -> None:
    text = "\n".join(line.text for line in TAUGHT)
    assert [words for words in NOT_IN_CODE if words not in text] == []


@pytest.mark.parametrize(("command", "places"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_a_command_of_the_notes_runs_where_its_line_is_taught(command: str, places: list[tuple[str, str]]) -> None:
    words = _STANDS_FOR_SOMETHING.sub("", _SLIPS.get(command, command)).split()
    runs = [
        text
        for page, name in places
        for n, text in lines_that_run(page).items()
        if n in headings(page)[name] and all(word in text for word in words)
    ]
    assert runs != [], f"nothing below {places} runs it"


PAGES = sorted({page for line in TAUGHT for page, _ in line.places})


@pytest.mark.parametrize("page", PAGES)
def test_each_page_leads_back_to_the_sections_of_the_notes(page: str) -> None:
    links = {link["anchor"] for link in _LINK.finditer((DOCS / page).read_text()) if link["page"] == THE_NOTES}
    assert links == {line.section for line in TAUGHT for name, _ in line.places if name == page}


CORRECTIONS = "what-running-the-notes-taught-us.md"
# | "start needs to be idempotent" | The command has to. | `docker start -a once` in [Start](x.md#docker-start) |
_CORRECTION = re.compile(
    r'\| "(?P<quote>.+)" \| .+ \| `(?P<command>[^`]+)` in \[.+\]\((?P<page>[\w-]+\.md)?#(?P<anchor>[\w-]+)\) \|'
)
ROWS = [line for line in (DOCS / CORRECTIONS).read_text().split("\n") if line.startswith('| "')]


@pytest.mark.parametrize("row", ROWS, ids=[row.split('"')[1] for row in ROWS])
def test_a_correction_quotes_the_notes_and_leads_to_a_run(row: str) -> None:
    match = _CORRECTION.fullmatch(row)
    assert match
    assert any(match["quote"] in line.text for line in TAUGHT)
    place = (match["page"] or CORRECTIONS, match["anchor"])
    test_a_command_of_the_notes_runs_where_its_line_is_taught(match["command"], [place])
