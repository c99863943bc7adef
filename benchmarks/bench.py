"""`make bench`: the table of what snippetrun costs, with what is wanted beside it.

    bench.py                   all rows
    bench.py replay echoes     some of them
    bench.py --list            their names
    bench.py --quick           one round of each
    bench.py --json FILE       what came out; rows that do not run keep what FILE says of them

Ratios are of one run: both ways take their turns, and the median counts. Run it on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from dataclasses import asdict
from pathlib import Path

from builds import changed, many, memory, reading, replay
from echoes import echoes, others
from figures import Row, at_most, machine, say
from sandboxes import boot, cold, life, runs
from served import edit, saved

from snippetrun.support.version import __version__

ROWS = (
    Row("cold", "cold build of this site ÷ its commands one after another, in engines that are ready", 0.6, cold),
    Row("boot", "`docker load` into a fresh engine ÷ the first docker command of a page", 15, boot, at_least=True),
    Row("life", "processor seconds of a sandbox: start, one nested run, removal", 0.7, life, "s"),
    Row("echoes", "50 `echo` on a page, in its sandbox ÷ cram for the same", 2, echoes),
    Row("others", "the same ÷ the fastest of prysk, clitest, byexample", 1, others),
    Row("runs", "50 `docker run` on a page ÷ the same loop in bash in a sandbox", 1.03, runs),
    Row("replay", "a replaying build ÷ the same without snippetrun", 1.05, replay),
    Row("reading", "reading 1,500 pages ÷ markdown-it-py on the same blocks, bare", 1.2, reading),
    Row("saved", "from a saved page with one nested run to the page that shows its output", 1.5, saved, "s"),
    Row(
        "edit",
        "edit of the last of 24 snippets of a page, after another one there, under `mkdocs serve` ÷ the whole page",
        0.3,
        edit,
    ),
    Row("many", "each page from 50 to 200 ÷ each page from 10 to 50: three commands each, run", 1.1, many),
    Row("memory", "the most memory of the builder, with 200 pages that run", 250, memory, "MB"),
    Row("changed", "`check --changed-since` of 200 pages, one changed ÷ `check` of one", 1.3, changed),
)


def main() -> None:
    """Measure what was asked for, print it, and write it if that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", choices=[[], *(row.name for row in ROWS)], metavar="ROW")
    parser.add_argument("--list", action="store_true", help="name the rows, and measure nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what came out")
    parser.add_argument("--quick", action="store_true", help="go one round, to see whether all works")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(f"{row.name:8} {row.what}" for row in ROWS))
        return
    if arguments.quick:
        at_most(1)
    on = machine()
    print(f"snippetrun {__version__} on {on}\n")
    print(f"{'':8} {'wanted':>16} {'measured':>12}")
    known = json.loads(arguments.json.read_text()) if arguments.json and arguments.json.is_file() else {}
    for row in ROWS:
        if arguments.rows and row.name not in arguments.rows:
            continue
        say(f"{row.name}: {row.what}")
        when, began = dt.datetime.now(dt.UTC).date().isoformat(), time.monotonic()
        figure = row.measure()
        say(f"  {time.monotonic() - began:.0f} s")
        mark = "" if row.met(figure.value) else "  missed"
        print(f"{row.name:8} {row.wanted:>16} {row.shown(figure.value):>12}{mark}  {figure.note}", flush=True)
        samples = {name: [round(taken, 3) for taken in way] for name, way in figure.samples.items()}
        run = {"machine": on, "when": when, "version": __version__}
        known[row.name] = asdict(figure) | {"value": round(figure.value, 3), "samples": samples} | run
        if arguments.json:
            ordered = {row.name: known[row.name] for row in ROWS if row.name in known}
            arguments.json.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
