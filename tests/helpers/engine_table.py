"""The table of docs/reference/engines.md: what this site's pages come to on another engine, as it was recorded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from snippetrun import config, runner
from snippetrun.model import Mode, Outcome, Result
from snippetrun.plan import plan
from snippetrun.runner import Elsewhere
from snippetrun.tasks import site_pages

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "reference" / "engines.md"
BEGIN, END = "<!-- make engines -->\n\n", "<!-- end -->"


def table() -> str:
    """Return the table, from the recordings."""
    site = config.load(REPOSITORY / "mkdocs.yml")
    work = plan(site, site_pages.read(site)).in_mode(Mode.REPLAY)
    results = runner.run(work, runner.Watcher())
    elsewhere = runner.recorded_elsewhere(work, results)
    [versions] = {tuple(other.version for other in others) for others in elsewhere.values()}
    head = ["page", "commands", *(f"differ on {version.partition('+')[0]}" for version in versions), "these are"]
    rows = [row(result, elsewhere[result.page.path]) for result in results if result.page.path in elsewhere]
    lines = (f"| {' | '.join(cells)} |" for cells in [head, ["---", *["--:"] * (1 + len(versions)), "---"], *rows])
    return "\n".join(lines) + "\n"


def row(result: Result, others: Sequence[Elsewhere]) -> list[str]:
    """Return the cells of a page."""
    link = Path(os.path.relpath(result.page.path, PAGE.parent)).as_posix()
    verdicts = [verdict for snippet in result.verdicts for verdict in snippet]
    counts = [sum(verdict.outcome is Outcome.PASSED for verdict in verdicts), *(len(other.news) for other in others)]
    which = dict.fromkeys(words(result, at, number) for other in others for at, number in other.news)
    return [f"[{result.page.title}]({link})", *map(str, counts), ", ".join(which)]


def words(result: Result, at: int, number: int) -> str:
    """Return what a command is called: its words up to its first argument that is long, as code."""
    text = result.page.snippets[at].commands[number].text.split("\n")[0]
    if not text:
        return "a command that goes on"
    short = text if len(text) <= 30 else f"{text[:30].rpartition(' ')[0]} ..."
    return f"`{short}`".replace("|", "\\|")


def page(text: str) -> str:
    """Return the page with the table of now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{table()}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(PAGE.read_text()))


if __name__ == "__main__":
    main()
