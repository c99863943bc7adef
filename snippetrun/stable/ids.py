"""Ids and digests, whole or cut short: what the engine says that it has, and what is called an id in its output."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from snippetrun.facts import Facts, Kind
from snippetrun.stable.chance import HEX, LETTERS, identifier, is_ours
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit

SHORT = 12
"""The digits of an id that docker shows; no two ids share so many."""
_SHORTEST = 6
"""Fewer digits may be a word, or a number."""
_WORD = re.compile(r"(?<![0-9A-Za-z])[0-9a-z]{6,64}(?![0-9A-Za-z])")
_DIGEST = re.compile(r"[0-9a-f]{12,}")
_ID = re.compile(r"[0-9a-f]{12,64}|[0-9a-z]{12}|[0-9a-z]{25}|[0-9a-z]{50}")
_COLUMNS = dict.fromkeys(("CONTAINER ID", "IMAGE ID", "NETWORK ID", "CACHE ID", "ID"), _ID) | {
    "IMAGE": re.compile(r"(?=.*\d)(?=.*[a-f])[0-9a-f]{12}"),
    "VOLUME NAME": re.compile(r"[0-9a-f]{64}"),
}
"""What an id looks like in the columns that hold some."""
# Where the engine, its builders and the command line name something that may be gone before anybody can ask for it.
_NAMED = [
    re.compile(pattern)
    for pattern in (
        r"sha256:([0-9a-f]{12,64})\b",
        r"^ ---> (?:Running in |Removed intermediate container )?([0-9a-f]{12})$",
        r"^Successfully built ([0-9a-f]{12})$",
        r"^([0-9a-f]{12}): (?:Pull|Push|Download|Extract|Verif|Wait|Already|Layer|Mounted|Preparing|Retry)",
        r"\bendpoint \S+ \(([0-9a-f]{64})\)",
        r'"\w*I[dD]": ?"([0-9a-f]{64}|[0-9a-z]{25})"',
        r"/netns/([0-9a-f]{12})\b",
        r'^ +"Name": "([0-9a-f]{12})",$',  # a node of a swarm, among the peers of a network
        r"^([0-9a-z]{25})\*? +\t(?:true|false)\b",  # of a build cache
        r"^\s*(?:NodeID|ClusterID|ID|Parents?):\s+([0-9a-z]{25})$",
        r"\bSWMTKN-1-([0-9a-z]{50})-([0-9a-z]{25})\b",
        r"\bcurrent node \(([0-9a-z]{25})\)",
        r"\.\d+\.([0-9a-z]{25})\b",  # the container of a service's task
    )
]


class Ids:
    """The ids of a page: each has one stand-in, which is cut as the id is."""

    def __init__(self, page: str, facts: Iterable[Facts], spared: Collection[str] = ()) -> None:
        """Know what the page's engines know; `spared` are words that the author wrote."""
        self._spared = {word[:SHORT] for word in spared}
        self._known: dict[str, str] = {}
        self._beginnings: dict[str, str] = {}
        self._words: dict[str, tuple[object, ...]] = {}
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._ranks: dict[str, tuple[int, int]] = {}
        self._made: dict[str, int] = {}
        same: Counter[str] = Counter()
        for each in facts:
            for thing in each.things:
                self.learn(thing.id)
                self._beginnings[thing.id[:_SHORTEST]] = thing.id
                if thing.kind is Kind.CACHE:
                    self._made[thing.id[:SHORT]] = len(self._made)
                if thing.kind is Kind.CACHE and thing.name:  # listings tell little else that differs between two
                    what = _DIGEST.sub("", thing.name)
                    self._words[thing.id[:SHORT]] = (page, "cache", what, same[what])
                    same[what] += 1
            for digest in each.digests:
                self.learn(digest)
            for image in each.stored:
                for index, digest in enumerate(image.digests):
                    self.learn(digest)
                    self._words.setdefault(digest[:SHORT], ("image", image.name, index))

    def learn(self, word: str) -> None:
        """Take a word for an id."""
        if _ID.fullmatch(word) and not is_ours(word):
            start = word[:SHORT]
            self._known[start] = max(self._known.get(start, ""), word, key=len)

    def learn_cell(self, heading: str, field: str) -> None:
        """Take a field of a table for an id if such a column holds any; some hold names as well."""
        if pattern := _COLUMNS.get(heading):
            word = field.split(" ", 1)[0].removeprefix("sha256:")
            if pattern.fullmatch(word):
                self.learn(word)

    def learn_from(self, line: str) -> None:
        """Take for ids what a line of output calls so."""
        for pattern in _NAMED:
            for found in pattern.finditer(line):
                for word in found.groups():
                    self.learn(word)

    def is_known(self, word: str) -> bool:
        """Whether a word is an id, or the beginning of one."""
        return len(word) >= SHORT and _same(self._known.get(word[:SHORT], ""), word)

    def is_stored(self, shown: str) -> bool:
        """Whether what is shown stands for something of the site's images."""
        stored = (start for start, words in self._words.items() if words[0] == "image" and start in self._given)
        return shown[:SHORT] in {self._given[start][:SHORT] for start in stored}

    def rank(self, word: str) -> int:
        """Return a number by which ids come in the order in which they turned up; -1 for one that has not."""
        return self._ranks.get(word[:SHORT], (-1, -1))[0]

    def made(self, word: str) -> tuple[int, int]:
        """Return a number by which build caches come as they were made, if the engine has them still, and the rank."""
        return self._made.get(word[:SHORT], -1), self.rank(word)

    def command(self, word: str) -> int | None:
        """Return the number of the command at which an id turned up first; None if it has not."""
        return self._ranks[word[:SHORT]][1] if word[:SHORT] in self._ranks else None

    def edits(self, line: str, place: Place) -> Iterator[Edit]:
        """Find the ids in a line."""
        for found in _WORD.finditer(line):
            if new := self.stand_in(found[0], place):
                yield Edit(found.start(), found.end(), new)

    def stand_in(self, word: str, place: Place) -> str:
        """Return what a word becomes; "" if it is no id."""
        whole = self._known.get(word[:SHORT], "") if len(word) >= SHORT else self._beginnings.get(word[:_SHORTEST], "")
        if not _same(whole, word) or word[:SHORT] in self._spared:
            return ""
        start = whole[:SHORT]
        if start not in self._given:
            self._ranks[start] = len(self._given), place.number
            words = self._words.get(start) or place.next("id")
            self._given[start] = _new(whole, words, self._taken)
            self._taken.add(self._given[start][:SHORT])
        return self._given[start][: len(word)]


def _same(whole: str, word: str) -> bool:
    """Whether a word is an id, cut short or not; perhaps the id was only seen cut short."""
    return whole.startswith(word) or (len(whole) >= SHORT and word.startswith(whole))


def _new(whole: str, words: tuple[object, ...], taken: Collection[str]) -> str:
    alphabet, length = (HEX, 64) if set(whole) <= set(HEX) and len(whole) != 25 else (LETTERS, max(25, len(whole)))
    while (new := identifier(alphabet, length, *words))[:SHORT] in taken:
        words = (*words, "again")
    return new
