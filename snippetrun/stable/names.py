"""The names that the engine makes up for containers that got none: two words with a line between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from snippetrun.facts import Facts, Kind
from snippetrun.stable.chance import choice
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit, aligned

_MADE_UP = re.compile(r"([a-z]+)_([a-z]+)[0-9]?")
_WORD = re.compile(r"(?<![0-9A-Za-z_])[a-z]+_[a-z]+[0-9]?(?![0-9A-Za-z_])")

_TRIES = 20
"""How often another name is made up, in the place of one that is taken or that the author has written."""


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_QUALITIES = _listed(
    """
airy amber brisk calm candid cheery civil cosy crisp dapper deft earnest fabled fair fleet frank gleaming golden hale
humble jaunty lively lofty mellow merry mild neat nimble placid plucky polite quiet rosy rustic sage shiny snug spry
steady sunny tidy tranquil velvet warm witty
"""
)
"""None that the engine uses, so that a name tells who made it up."""
_PEOPLE = _listed(
    """
agnesi babbage banzhaf bernoulli boole bouman brahe celsius cerf chandra clarke conway daguerre descartes dirac doppler
erdos faraday fermi galois gauss germain goodall halley hertz hilbert hubble huygens joule kepler kilby lagrange laplace
leavitt linnaeus marconi maxwell mendel milne nightingale noether ohm pascal peano planck ramanujan ride sagan shannon
somerville tesla turing volta watt zuse
"""
)


class GivenNames:
    """The made-up names of a page; one of whose words its author wrote both is none, also if a command joins them."""

    def __init__(self, facts: Iterable[Facts], written: frozenset[str] = frozenset()) -> None:
        """Know what the page's engines have made up; `written` are the words of the author, free of `_`."""
        self._written = written
        self._given: dict[str, str] = {}
        self._known = {
            thing.name
            for each in facts
            for thing in each.things
            if thing.kind is Kind.CONTAINER and self._is_made_up(thing.name)
        }

    def learn(self, name: str) -> None:
        """Take a word that stands where names of containers do for one if it looks like it."""
        if self._is_made_up(name):
            self._known.add(name)

    def edits(self, line: str, place: Place) -> Iterator[Edit]:
        """Find made-up names in a line."""
        for found in _WORD.finditer(line):
            if found[0] in self._known:
                yield aligned(line, found.start(), found.end(), self._stand_in(found[0], place))

    def _is_made_up(self, name: str) -> bool:
        found = _MADE_UP.fullmatch(name)
        return found is not None and not self._written.issuperset(found.groups()) and found[1] not in _QUALITIES

    def _stand_in(self, name: str, place: Place) -> str:
        if name not in self._given:
            words = place.next("name")
            taken = set(self._given.values())
            for again in range(_TRIES):
                new = _make_up(*words, *["again"] * again)
                if new not in taken and self._written.isdisjoint(new.split("_")):
                    break
            self._given[name] = new  # in the end one that is not the only one: there are 3,224
        return self._given[name]


def _make_up(*words: object) -> str:
    return f"{choice(_QUALITIES, 'quality', *words)}_{choice(_PEOPLE, 'person', *words)}"
