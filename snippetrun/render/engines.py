"""One fence on several engines -> tabs, where what came out differs; each block is whole, and read one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from snippetrun.render.markup import Html

# Material's own tabs, also without a script: what is checked decides by its place which block is shown.
_TABS: Final = Html(
    '<div class="sr-engines tabbed-set tabbed-alternate" data-tabs="{}">{}<div class="tabbed-labels">{}</div>'
    '<div class="tabbed-content">{}</div></div>'
)
_INPUT: Final = Html('<input id="{}-{}" name="{}" type="radio"{}>')
_LABEL: Final = Html('<label for="{}-{}">Docker {}</label>')
_BLOCK: Final = Html('<div class="tabbed-block">{}</div>')


def labels(engines: Sequence[tuple[str, str]]) -> list[str]:
    """Return what readers call engines that are given by name and version: 28.5.2, of 28.5.2+dfsg4.

    Two of one version have their names with them.
    """
    short = [version.partition("+")[0] for _, version in engines]
    often = Counter(short)
    return [
        f"{version} ({name})" if often[version] > 1 else version
        for (name, _), version in zip(engines, short, strict=True)
    ]


def tabs(key: str, blocks: Sequence[tuple[str, str]]) -> str:
    """Return a tab for each engine, given by its label and its block; the first is open.

    `key` tells the tabs of a page, and those of pages that are shown together, from each other.
    """
    labels, shown = zip(*blocks, strict=True)
    inputs = (_INPUT.format(key, number, key, Html(" checked") if number == 1 else "") for number in _numbers(blocks))
    names = (_LABEL.format(key, number, label) for number, label in zip(_numbers(blocks), labels, strict=True))
    bodies = (_BLOCK.format(Html(block)) for block in shown)
    return str(_TABS.format(f"{key}:{len(blocks)}", Html().join(inputs), Html().join(names), Html().join(bodies)))


def _numbers(blocks: Sequence[object]) -> range:
    return range(1, len(blocks) + 1)
