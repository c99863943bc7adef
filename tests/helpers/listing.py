"""A page that was read, written down the way golden files have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from snippetrun.errors import Problem
from snippetrun.model import Command, Options, Page, PageOptions


def listing(page: Page) -> str:
    """Write a page down the way golden files have it."""
    return "".join(line + "\n" for line in _page_lines(page))


def _page_lines(page: Page) -> Iterator[str]:
    if page.title:
        yield f"title {page.title}"
    if page.options != PageOptions():
        yield f"page {_said(page.options)}"
    for snippet in page.snippets:
        head = f"lines {snippet.line}-{snippet.end_line} {snippet.language}".rstrip()
        head += f" behind {snippet.prefix!r}" if snippet.prefix else ""
        head += f" {{{_said(snippet.options)}}}" if snippet.options != Options() else ""
        yield head
        if not snippet.commands:
            yield from (f"    : {line}".rstrip() for line in snippet.content.splitlines())
        for command in snippet.commands:
            yield from _command_lines(command)


def _command_lines(command: Command) -> Iterator[str]:
    yield f"    {command.line}-{command.end_line} exits {command.status}"
    first, *others = command.text.split("\n")
    yield f"    $ {first}".rstrip()
    yield from (f"    > {line}".rstrip() for line in others)
    yield from (f"    | {line}".rstrip() for line in command.written)


def _said(options: Options | PageOptions) -> str:
    pairs = ((name, getattr(options, name)) for name in options.__slots__)
    return " ".join(f"{name}={value}" for name, value in pairs if value is not None and value is not False)


def text_of(problems: Iterable[Problem]) -> str:
    return "".join(f"{problem}\n" for problem in problems)
