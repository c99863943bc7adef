"""What reading pages costs: 1,500 of them, against markdown-it-py on the same blocks, bare.

The pages are copies of those of this site, or of a folder that is named: `benchmarks/reading.py FOLDER`. Prints the
medians of several rounds, in which both take their turns, and their ratio. Run it with `make bench`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path

from markdown_it import MarkdownIt

from snippetrun.errors import PageError
from snippetrun.extract import read

PAGES = 1500
ROUNDS = 5


def ours(texts: Sequence[str]) -> None:
    """Read the pages; one that cannot be used is read to its end too."""
    for text in texts:
        with suppress(PageError):
            read("page.md", text)


def bare(texts: Sequence[str]) -> None:
    """Find the blocks of the pages, and do nothing with them."""
    parser = MarkdownIt("commonmark").disable("inline")
    for text in texts:
        parser.parse(text)


def seconds(work: Callable[[Sequence[str]], None], texts: Sequence[str]) -> float:
    """Return how long the processor worked."""
    began = time.process_time()
    work(texts)
    return time.process_time() - began


def main() -> None:
    """Measure, and print a table."""
    files = sorted(Path(sys.argv[1] if sys.argv[1:] else "docs").rglob("*.md"))
    texts = list(islice(cycle(file.read_text(encoding="utf-8") for file in files), PAGES))
    rounds = [(seconds(ours, texts), seconds(bare, texts)) for _ in range(ROUNDS)]
    print(f"reading {PAGES} pages, copies of {len(files)}, median of {ROUNDS}")
    print(f"  snippetrun                {statistics.median(mine for mine, _ in rounds):6.2f} s")
    print(f"  markdown-it-py alone      {statistics.median(other for _, other in rounds):6.2f} s")
    print(f"  ratio                     {statistics.median(mine / other for mine, other in rounds):6.2f}")


if __name__ == "__main__":
    main()
