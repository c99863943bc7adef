"""One output of a page, from how it came to how it is shown: all filters, in the order in which they work together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from snippetrun import regex
from snippetrun.facts import Facts
from snippetrun.model import Rule
from snippetrun.stable import builds, busy, durations, listings, order, sizes, stats, waits
from snippetrun.stable.ages import Ages
from snippetrun.stable.clock import Clock, Step
from snippetrun.stable.host import TheHost
from snippetrun.stable.ids import Ids
from snippetrun.stable.keys import Keys
from snippetrun.stable.lives import Lives
from snippetrun.stable.names import GivenNames
from snippetrun.stable.numbers import Numbers
from snippetrun.stable.place import Place
from snippetrun.stable.processes import Processes
from snippetrun.stable.tables import Table, changed, tables
from snippetrun.stable.text import Edit, Filter, Line
from snippetrun.stable.times import Times

_MANY = 3.0
"""Seconds that a command does not take by chance."""
_PATIENCE = 5.0
"""Seconds of the processor that authors' rules may take on one page; what they need is milliseconds."""
_ENDLESS = re.compile(r"\d{100}")
"""Part of a number that is none of those that are replaced, and perhaps too long for Python."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the author of a page wrote: no word of it is replaced."""

    commands: Sequence[str]
    files: Sequence[str] = ()
    output: Sequence[str] = ()
    """Below the commands; it may be pasted, so that only names in it are the author's for sure."""

    def words(self) -> frozenset[str]:
        """Return the words of commands and files."""
        return _words(*self.commands, *self.files)

    def parts_of_names(self) -> frozenset[str]:
        """Return all words of which a name may be made."""
        return _words(*self.commands, *self.files, *self.output)

    def wishes(self) -> tuple[float, ...]:
        """Return the seconds for which something is asked to wait."""
        return tuple({wish for text in (*self.commands, *self.files) for wish in waits.asked(text)})


class Output:
    """All output of a page, in its order: what turns up again becomes the same again."""

    def __init__(self, page: str, written: Written, facts: Sequence[Facts], steps: Sequence[Step]) -> None:
        """Know the page, what its engines say, and the commands that its output is of."""
        self._patience = regex.Patience(_PATIENCE)
        self._wishes = written.wishes()
        self._clock = Clock(page, steps)
        self._ids = Ids(page, facts, written.words())
        self._names = GivenNames(facts, written.parts_of_names())
        self._numbers = Numbers(written.words())
        self._keys = Keys()
        self._host = TheHost(facts, page)
        self._times = Times(facts, self._clock, self._wishes)
        self._processes = Processes(page, written.commands)
        self._lives = Lives(facts, self._clock, self._ids)
        self._ages = Ages(facts, self._clock, self._lives)
        self._listings = listings.Listings(self._processes, self._clock)

    def learn(self, texts: Iterable[str]) -> None:
        """Look through all output of the page once, before the first of it goes through."""
        for text in texts:
            block = _Block([Line.read(line) for line in text.split("\n")])
            for table in block.tables.values():
                for row in table.rows:
                    for heading, field in zip(table.headings, row, strict=True):
                        self._ids.learn_cell(heading, field)
                        if heading == "NAMES":
                            self._names.learn(field)
            for line in block.lines:
                self._ids.learn_from(line)

    def begin(self) -> None:
        """Go on to the output of the next command."""
        self._clock.begin()

    def typed(self, text: str, place: Place) -> str:
        """Return what was typed as it is shown."""
        filters: list[Filter] = [lambda line: self._ids.edits(line, place), lambda line: self._names.edits(line, place)]
        return "\n".join(str(Line.read(line).through(filters)) for line in text.split("\n"))

    def text(self, text: str, place: Place, rules: Iterable[Rule] = ()) -> str:
        """Return what came out as it is shown: as many lines, but for some that BuildKit may or may not print."""
        if not text:
            return text
        authors = [_rule(rule, self._patience) for rule in rules]
        if _ENDLESS.search(text):
            return "\n".join(str(Line.read(line).through(authors)) for line in text.split("\n"))
        lines = order.before([Line.read(line) for line in text.split("\n")], self._ids, self._lives, place.command)
        lines = [lines[index] for index in builds.in_order([line.plain for line in lines])]
        lines = builds.numbered_in_order(lines)
        lines = [lines[index] for index in builds.once([line.plain for line in lines])]
        block = _Block(lines)
        self._processes.begin(self._numbers_in(block, place), place)
        self._times.look(block.lines, place)
        filters = self._filters(place)
        for start, table in block.tables.items():
            new = changed(table, lambda number, at, table=table: self._cell(table, number, at, place))  # type: ignore[misc]
            lines[start : start + 1 + len(new.rows)] = map(Line, new.lines())
        for index in block.free:
            heading = block.headings.get(index, "")
            listed = [lambda line, heading=heading: listings.edits(line, heading, self._listings)] if heading else []
            lines[index] = lines[index].through([*listed, *filters])
        plain = [line.plain for line in lines]
        of_several = (
            builds.edits(plain, place, self._wished(place)),
            sizes.below_digests(plain, self._ids, place),
            self._keys.edits(plain, place),
        )
        for index, edit in chain.from_iterable(of_several):
            lines[index] = lines[index].edited([edit])
        lines = order.after(lines, place.command)
        return "\n".join(str(line.through(authors)) for line in lines)

    def _numbers_in(self, block: _Block, place: Place) -> list[int]:
        """Return the numbers of processes in an output."""
        numbers: list[int] = []
        for table in block.tables.values():
            for row in table.rows:
                numbers += self._listings.numbers(table.headings, row)
        for index in block.free:
            line, names = block.lines[index], block.headings.get(index, "").split()
            numbers += map(int, self._processes.found(line, place).values())
            numbers += self._listings.numbers(names, [field[0] for field in listings.fields(line, len(names))])
        return numbers

    def _wished(self, place: Place) -> tuple[float, ...]:
        """Return the seconds for which a command waits, and those elsewhere that are too many for chance."""
        return *waits.asked(place.command), *(wish for wish in self._wishes if wish >= _MANY)

    def _filters(self, place: Place, *, in_table: bool = False) -> list[Filter]:
        """Return what goes through each line, or each cell of a table."""
        filters: list[Filter] = [] if in_table else [self._ages.edits]
        filters += [
            lambda line: self._host.edits(line, place),
            lambda line: busy.edits(line, place),
            lambda line: self._ids.edits(line, place),
            lambda line: self._names.edits(line, place),
            lambda line: self._numbers.edits(line, place),
            lambda line: self._times.edits(line, place),
        ]
        if not in_table:
            filters += [
                lambda line: self._processes.edits(line, place),
                lambda line: durations.edits(line, place, self._wished(place)),
                lambda line: sizes.edits(line, place),
                lambda line: stats.edits(line, place),
            ]
        return filters

    def _cell(self, table: Table, index: int, at: int, place: Place) -> str:
        """Return what a cell of a table becomes."""
        row: Sequence[str] = table.rows[index]
        heading, field = table.headings[at], row[at]
        fields = dict(zip(table.headings, row, strict=True))
        if "CREATED BY" in fields and heading == "CREATED":
            field = self._ages.of_layer(field, table.rows[0][0])
        elif "REPOSITORY" in fields and heading == "CREATED":
            field = self._ages.of_image(field, fields.get("IMAGE ID", ""), fields["REPOSITORY"])
        elif heading != "COMMAND":
            words = fields.get("CONTAINER ID", ""), *fields.get("NAMES", fields.get("NAME", "")).split(",")
            field = self._ages.of_container(field, self._lives.container(*words))
        if "PID" in fields:
            field = self._listings.cell(heading, field, row[-1])
        elif "CPU %" in fields:
            row = [str(Line(each).edited(self._host.edits(each, place))) for each in row]
            field = stats.cell(table.headings, row, at, *place.words("stats", index))
        field = sizes.cell(heading, field, fields, self._lives)
        return str(Line(field).through(self._filters(place, in_table=True)))


class _Block:
    """The lines of an output, and what kinds of lines they are."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = [line.plain for line in lines]
        self.tables = dict(tables(["" if line.colours else line.plain for line in lines]))
        """By the index of the heading."""
        laid_out = {start + row for start, table in self.tables.items() for row in range(len(table.rows) + 1)}
        self.free = [index for index in range(len(lines)) if index not in laid_out]
        """The indices of lines that are in no table."""
        self.headings: dict[int, str] = {}
        """The heading above each line of a listing of processes that is no table."""
        heading = ""
        for index in self.free:
            if listings.is_heading(self.lines[index]):
                heading = self.lines[index]
            elif heading and listings.fields(self.lines[index], len(heading.split())):
                self.headings[index] = heading
            else:
                heading = ""


def _rule(rule: Rule, patience: regex.Patience) -> Filter:
    pattern = regex.compile(rule.pattern)
    new = regex.Template(rule.replace, pattern)

    def edits(line: str) -> Iterator[Edit]:
        for found in patience.all(pattern, line):
            yield Edit(*found.span(), new.of(found))

    return edits


def _words(*texts: str) -> frozenset[str]:
    return frozenset(re.findall(r"[0-9A-Za-z]+", "\n".join(texts)))
