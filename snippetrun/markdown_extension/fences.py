"""The fences of a site's pages while its renderer has them.

Each fence that runs is replaced by a fence of ours, which holds a key. The renderer asks for its HTML, and gets a mark.
A fence whose mark is missing from the rendered page is not shown as a fence, and must not run. When all pages have run,
the blocks take the places of the marks.

    take           a page's Markdown, as all other plugins have left it -> the same with our fences
    put_in         the lines that superfences is about to read, with what Markdown extensions have put in
    marks.html     the HTML of one of our fences
    rendered       the page's HTML, to see which marks are there, and to mark its foot
    marks.fill     any HTML, with the blocks in the places of the marks
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snippetrun import extract
from snippetrun.config.kept import Kept
from snippetrun.errors import PageError, Problem
from snippetrun.extract import attribute_values, info_string
from snippetrun.extract.files import untested
from snippetrun.extract.front_matter import read_front_matter
from snippetrun.extract.lines import normalised
from snippetrun.extract.origins import Origins, origins
from snippetrun.extract.superfences import find_blocks
from snippetrun.markdown_extension.marks import LANGUAGE, Marks
from snippetrun.model import Page, PageOptions

if TYPE_CHECKING:
    from snippetrun.config import SiteConfig
    from snippetrun.model import Snippet

# the prefix, the fence and the info string of "    ```console {hide}"
_OPENER = re.compile(r"([> \t]*)(`{3,}|~{3,})(.*)")
# {hide}, {.a hide exit=1}
_HIDE = re.compile(r"(?:`{3}|~{3}).*\{(?:[^}]*\s)?hide(?:[\s=][^}]*)?\}")
_AS_TEXT = "the site shows this fence as text"
_HINT = (
    "In a list item, indent it by 4 spaces for each level, with all of the item that stands above it. "
    "In a tab or an admonition, see that its extension is in markdown_extensions."
)


@dataclass(slots=True)
class _Taken:
    """A page that the renderer has."""

    page: Page
    options: PageOptions
    title: str
    origins: Origins
    keys: list[str] = field(default_factory=list)
    """One for each snippet of the page."""
    edits: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)
    """Lines of ours, and the author's that they stand for."""
    openers_left: tuple[str, ...] | None = ()
    """The opening lines in the text once our fences are in it. If the renderer has others, an extension put them in, as
    one surely does if this is None."""
    converted: bool = False
    """Whether the renderer has read the page itself: what it reads after that is a part of it, such as a docstring."""


class Fences:
    """The fences of the pages of one build."""

    def __init__(self, site: SiteConfig, snippets: Mapping[str, Any] | None = None) -> None:
        """Know no page yet. `snippets` are the options of pymdownx.snippets, which say where included files are."""
        self._site, snippets = site, snippets or {}
        self._kept = Kept(site, "read", Page)
        base = snippets.get("base_path") or ()
        self._folders = (site.docs, site.root, *map(Path, [base] if isinstance(base, str) else base))
        self._appended = tuple(snippets.get("auto_append") or ())
        self.marks = Marks()
        self._taken: dict[str, _Taken] = {}
        self._current: _Taken | None = None
        self.problems: dict[str, list[Problem]] = {}
        """What is wrong, by the paths of pages."""
        self.findings: list[Problem] = []
        """What looks on the pages as if it should run and does not, beside what the pages themselves have."""

    def forget(self, path: str) -> bool:
        """Have a page taken anew that was taken, or could not be used; return whether that can be done.

        It cannot where the site shows its file several times, with other fences each time.
        """
        own = Path(path)
        if str(own.with_stem(f"{own.stem}~2")) in self._taken:
            return False
        self._taken.pop(path, None)
        self.problems.pop(path, None)
        self.marks.forget(path)
        return True

    def take(self, path: str, markdown: str, source: str, *, inherited: bool = False) -> str:
        """Return a page's Markdown, which has no front matter, with our fences.

        `source` is the page's own file; empty if it has none. `inherited` is whether the page's metadata has options of
        ours. A page that cannot be used is returned as it is, and `pages` raises why.
        """
        self._current = None
        if not self._site.tests(path):
            self._current = self._taken[path] = _Taken(untested(path), PageOptions(), "", origins(path, [], [], ()))
            return markdown
        lines = normalised(source)
        front = read_front_matter(path, lines)
        if inherited and not front.options.line:
            hint = f"Write it in the front matter of {path} itself."
            self.problems[path] = [Problem(f"another plugin gives this page its `{LANGUAGE}:`", hint, path, 1)]
            return markdown
        text = normalised(markdown)
        places = origins(path, text, lines, (Path(path).parent, *self._folders), self._appended)
        try:
            read, page = self._read(path, text, front.options, front.title, places)
            if front.problems and page.snippets:
                raise PageError(*front.problems)
        except PageError as error:
            self.problems.setdefault(path, []).extend(error.problems)
            return markdown
        self.findings += front.problems
        page = self._named(page)
        self._current = self._taken[page.path] = taken = _Taken(page, front.options, front.title, places)
        shown = self._with_ours(taken, text, read) if page.snippets else text
        # --8<-- "commands.txt", which may stand in a fence
        taken.openers_left = None if any("8<-" in line for line in shown) else self._openers(shown)
        return "\n".join(shown) + "\n" if page.snippets else markdown

    def put_in(self, lines: list[str]) -> list[str]:
        """Return the lines that superfences is about to read, with our fences for those that an extension put in."""
        return self._without_hidden(self._put_in(lines))

    def _put_in(self, lines: list[str]) -> list[str]:
        openers, taken = self._openers(lines), self._current
        if taken and not taken.page.under_test:
            return lines
        keys = [key for key in taken.keys if key] if taken else []
        if taken is None or taken.converted or (keys and not any(key in line for key in keys for line in lines)):
            return self._elsewhere(lines) if openers else lines
        taken.converted = True
        if openers == taken.openers_left:
            return lines
        path, text = taken.page.path, _restored(lines, taken.edits)
        places = taken.origins.made_into(text)
        try:
            read, page = self._read(path, text, taken.options, taken.title, places)
        except PageError as error:
            self.problems.setdefault(path, []).extend(error.problems)
            return lines
        taken.page = replace(page, path=taken.page.path)
        return self._with_ours(taken, text, read)

    def rendered(self, html: str) -> str:
        """See that all fences of the current page are there as fences; return its HTML with a mark for its foot."""
        taken, self._current = self._current, None
        if taken is None or not taken.page.snippets:
            return html
        seen, unseen = self.marks.seen(html), set()
        for snippet, key in zip(taken.page.snippets, taken.keys, strict=True):
            if key and key not in html:
                unseen.add(snippet)  # an extension has taken it away, such as a critic's deletion
            elif key and key not in seen:
                problem = Problem(_AS_TEXT, _HINT, snippet.path or taken.page.path, snippet.line)
                self.problems.setdefault(taken.page.path, []).append(problem)
        if unseen:
            snippets = tuple(_skipped(snippet) if snippet in unseen else snippet for snippet in taken.page.snippets)
            taken.page = replace(taken.page, snippets=snippets)
        return html + self.marks.html(self.marks.add(taken.page.path, len(taken.page.snippets)))

    def pages(self) -> tuple[Page, ...]:
        """Return all pages, once the renderer has read them. Raises PageError with all that is wrong with them."""
        if self.problems:
            raise PageError(*dict.fromkeys(chain.from_iterable(self.problems.values())))
        return self.readable()

    def readable(self) -> tuple[Page, ...]:
        """Return the pages that could be read, whatever else is wrong with them."""
        return tuple(taken.page for taken in self._taken.values())

    def _read(
        self, path: str, text: Sequence[str], options: PageOptions, title: str, places: Origins
    ) -> tuple[Page, Page]:
        """Read a page; return it as it stands in the text, and as it stands in its files. Raises PageError."""
        name = f"{path} as put together" if self._current else path  # a page may be read at both times
        key = self._kept.key(path, text, options)
        page = self._kept.look(name, key)
        if page is None:
            try:
                page = extract.read(path, "\n".join(text) + "\n", self._site.dialect, options=options)
            except PageError as error:
                raise places.error(error) from None
            self._kept.keep(name, key, page)
        page = replace(page, title=title or page.title)
        return page, places.page(page)

    def _openers(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Return the lines that may open a fence that concerns us."""
        openers = (line.strip() for line in lines if "```" in line or "~~~" in line)
        words = (*self._site.dialect.languages, *attribute_values.READERS)
        return tuple(line for line in openers if _OPENER.fullmatch(line) and any(word in line for word in words))

    def _with_ours(self, taken: _Taken, text: Sequence[str], read: Page) -> list[str]:
        """Return the lines of a text with our fences for the page that was read from it."""
        # The page's Markdown may be rendered again, and has the keys that it was given first.
        known = {authors: key for (_, authors), key in zip(taken.edits, taken.keys, strict=True) if key}
        taken.keys, taken.edits = [], []
        edits: list[extract.Edit] = []
        for index, snippet in enumerate(read.snippets):
            is_renderers = not snippet.commands and not snippet.options.hide  # but for its opening fence
            end = snippet.line if is_renderers else snippet.end_line
            authors = tuple(text[snippet.line - 1 : end])
            key, ours = "", authors
            if is_renderers:
                ours = (_renderers(authors[0]),)
            else:
                shown = "" if snippet.options.hide else "\n".join(authors)
                key = self.marks.add(taken.page.path, index, shown, known.pop(authors, ""))
                ours = _ours(snippet, key)
            taken.keys.append(key)
            taken.edits.append((ours, authors))
            edits.append(extract.Edit(snippet.line, end, ours))
        return normalised(extract.splice("\n".join(text) + "\n", edits))

    def _elsewhere(self, lines: list[str]) -> list[str]:
        """Return lines from outside a page's text, such as an excerpt: what is also on a page shows what ran there."""
        path = self._current.page.path if self._current else self.marks.page("\n".join(lines))
        try:
            page = extract.read(path, "\n".join(lines) + "\n", self._site.dialect)
        except PageError:
            return lines
        edits = []
        used: set[str] = set()
        path = path or self._page_with(page)
        for snippet in page.snippets:
            keys = [key for key in self._keys_of(snippet, path) if key not in used]
            if self.marks.have_blocks and keys:
                used.add(keys[0])
                edits.append(extract.Edit(snippet.line, snippet.end_line, _ours(snippet, keys[0])))
            elif not self.marks.have_blocks and self._current:
                message = "a fence does not run that is no part of a page's own text, such as one of a docstring"
                self.findings.append(Problem(message, "Show it on a page.", path))
        return normalised(extract.splice("\n".join(lines) + "\n", edits))

    def _page_with(self, excerpt: Page) -> str:
        """Return the only page that has all fences of an excerpt; "" if there is none, or several."""
        own, pages = _contents(excerpt), (taken.page for taken in self._taken.values())
        paths = [page.path for page in pages if all(content in _contents(page) for content in own)]
        return paths[0] if len(paths) == 1 else ""

    def _keys_of(self, snippet: Snippet, path: str) -> list[str]:
        """Return the keys of what a snippet may be on a page; on any page if all of them show the same."""
        every = chain.from_iterable(zip(t.keys, t.page.snippets, strict=False) for t in self._taken.values())
        keys = [(key, self.marks.page_of(key)) for key, other in every if _content(other) == _content(snippet)]
        own = [key for key, page in keys if page == path]
        if own or not self.marks.have_blocks:
            return own
        return [key for key, _ in keys] if len({self.marks.block(key) for key, _ in keys}) == 1 else []

    def _without_hidden(self, lines: list[str]) -> list[str]:
        """Return lines without hidden fences that are none for us, such as one in a comment: nobody is to see them."""
        if not any("hide" in line and _OPENER.match(line) for line in lines):
            return lines
        blocks = [block for block in find_blocks(lines) if _HIDE.search(lines[block.line - 1])]
        edits = [extract.Edit(block.line, block.end_line, ()) for block in blocks]
        if not self.marks.have_blocks and blocks and self._current and self._current.page.under_test:
            message = "a hidden fence does not run, and is not shown either: nothing takes it for a fence of the page"
            hint = "Leave a blank line above it, and start it where the text around it starts; or remove it."
            path = self._current.page.path
            self.findings += (Problem(message, hint, path) for _ in blocks[:1])
        return normalised(extract.splice("\n".join(lines) + "\n", edits))

    def _named(self, page: Page) -> Page:
        """Return a page with a name of its own, where the site shows its file a second time and with other fences."""
        path, number = Path(page.path), 1
        while (taken := self._taken.get(page.path)) and _contents(taken.page) != _contents(page):
            number += 1
            page = replace(page, path=str(path.with_stem(f"{path.stem}~{number}")))
        return page


def _content(snippet: Snippet) -> tuple[object, ...]:
    """Return what makes a snippet what it is, wherever it stands."""
    return snippet.language, snippet.content, snippet.options


def _contents(page: Page) -> list[tuple[object, ...]]:
    return [_content(snippet) for snippet in page.snippets]


def _skipped(snippet: Snippet) -> Snippet:
    return replace(snippet, options=replace(snippet.options, skip="the site does not show it"))


def _ours(snippet: Snippet, key: str) -> tuple[str, ...]:
    return f"{snippet.prefix}```{LANGUAGE}", f"{snippet.prefix}{key}", f"{snippet.prefix}```"


def _renderers(opener: str) -> str:
    """Return the opening fence of a file without what is ours in it: its content is highlighted by the renderer."""
    match = _OPENER.match(opener)
    return f"{match[1]}{match[2]}{info_string.for_renderer(match[3])}" if match else opener


def _restored(lines: Sequence[str], edits: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]) -> list[str]:
    """Return lines with the author's text for ours; what an extension has taken away stays away."""
    text, at = list(lines), 0
    for ours, authors in edits:
        size = len(ours)
        for start in range(at, len(text) - size + 1):
            if tuple(text[start : start + size]) == ours:
                text[start : start + size] = authors
                at = start + len(authors)
                break
    return text
