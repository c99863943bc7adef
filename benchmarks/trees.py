"""How trees of Markdown fare under this tool before anybody has edited a page. Nothing of them runs.

Each folder becomes a site of MkDocs, which MkDocs itself reads as for a build. Without a folder: the pages of
`tests/golden/corpus`. Columns of the table:

    pages       that the site has
    runnable    of these, the pages with fences that run, if only they could be read
    stop        of these, the pages that stop a build as they stand
    commonmark  the same under `renderer: commonmark`
    baseline    pages that `snippetrun init` finds something on, and leaves for `adopt`
    init        the pages that stop a build once it has set the site up
    as text     fences that the file alone seems to have, and that the site does not show as fences

Run it with `make bench`, or so: PYTHONPATH=tests python benchmarks/trees.py [--json] [FOLDER...]
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from snippetrun import config
from snippetrun.config import Renderer, SiteConfig
from snippetrun.errors import PageError, Problem
from snippetrun.extract import files
from snippetrun.model import ENDINGS
from snippetrun.tasks import init, site_pages

CORPUS = Path("tests/golden/corpus")
SHOWN = 12
"""Messages below the table."""
SITE = """site_name: A tree
markdown_extensions: [admonition, attr_list, def_list, footnotes, md_in_html, pymdownx.details, pymdownx.superfences,
  pymdownx.tabbed: {alternate_style: true}, tables]
"""
PLUGIN = "plugins: [snippetrun]\n"


@dataclass(frozen=True, slots=True)
class Tree:
    """What one tree comes to; the names are those of the columns."""

    name: str
    pages: int
    runnable: int
    stop: int
    commonmark: int
    baseline: int
    init: int
    as_text: int
    messages: dict[str, list[str]]
    """What stops a build, and where: under MkDocs, by what is wrong."""


def copied(source: Path, docs: Path) -> None:
    """Copy the pages of a tree, or write those of our own corpus, whose files hold more than the page."""
    pages = sorted(path for path in source.rglob("*") if path.suffix in ENDINGS and path.is_file())
    for page in pages:
        copy = docs / page.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source == CORPUS:
            from helpers.golden import load

            copy.write_text(load(page)["page"], encoding="utf-8", newline="")
        else:
            shutil.copyfile(page, copy)


def alone(site: SiteConfig, paths: Iterable[Path]) -> Iterator[tuple[Path, bool, tuple[Problem, ...]]]:
    """Read each file by itself; yield whether something would run on it, and what stops it."""
    for path in paths:
        try:
            page = files.read(site, path)
            yield path, any(snippet.commands for snippet in page.snippets), ()
        except PageError as error:
            yield path, True, error.problems


def built(site: SiteConfig) -> tuple[Problem, ...]:
    """Let MkDocs read the site for a build; return what stops that."""
    try:
        site_pages.read(replace(site, makers=("benchmark",)))
    except PageError as error:
        return error.problems
    return ()


def measured(name: str) -> Tree:
    """Measure the tree whose pages stand in docs/, below the folder where we are."""
    configuration = Path("mkdocs.yml")
    configuration.write_text(SITE + PLUGIN, encoding="utf-8")
    site = config.load(configuration)
    paths = files.find(site)
    read = list(alone(site, paths))
    by_file = {problem.where: problem for _, _, problems in read for problem in problems}
    by_build = {problem.where: problem for problem in built(site)}
    messages = defaultdict(list)
    for where, problem in sorted((by_build | by_file).items()):
        messages[problem.message].append(where)
    commonmark = alone(replace(site, renderer=Renderer.COMMONMARK), paths)
    as_commonmark = sum(bool(problems) for _, _, problems in commonmark)
    configuration.write_text(SITE, encoding="utf-8")
    init.write(init.propose(Path(), configuration))
    ready = config.load(configuration)
    return Tree(
        name,
        pages=len(paths),
        runnable=sum(runs for _, runs, _ in read),
        stop=len({problem.path for problem in (by_build | by_file).values()}),
        commonmark=as_commonmark,
        baseline=len(ready.baseline.lines),
        init=len({problem.path for problem in built(ready)}),
        as_text=len(by_build.keys() - by_file.keys()),
        messages=dict(messages),
    )


def table(trees: Sequence[Tree]) -> Iterator[str]:
    """Yield the lines for people: a row for each tree, one for all, and the messages that most pages get."""
    columns = ("pages", "runnable", "stop", "commonmark", "baseline", "init", "as_text")
    rows = [[tree.name, *(getattr(tree, column) for column in columns)] for tree in trees]
    rows.append(["all", *(sum(getattr(tree, column) for tree in trees) for column in columns)])
    width = max(len(row[0]) for row in rows)
    yield f"{'tree':{width}}" + "".join(f"  {column.replace('_', ' '):>10}" for column in columns)
    for name, *counts in rows:
        yield f"{name:{width}}" + "".join(f"  {count:10,}" for count in counts)
    total: Counter[str] = Counter()
    for tree in trees:
        total.update({message: len(places) for message, places in tree.messages.items()})
    yield ""
    yield from (f"{count:5,}  {message}" for message, count in total.most_common(SHOWN))


def main() -> None:
    """Measure each folder, and print a table or a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[CORPUS])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    trees = []
    for folder in options.folders:
        with tempfile.TemporaryDirectory(prefix="snippetrun-") as root:
            copied(folder, Path(root, "docs"))
            with chdir(root):
                trees.append(measured(folder.name))
    if options.json:
        json.dump([asdict(tree) for tree in trees], sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        print("\n".join(table(trees)))


if __name__ == "__main__":
    main()
