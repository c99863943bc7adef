"""`make bench`: the table of what snippetrun costs, with what is wanted beside it.

    bench.py                   all rows
    bench.py replay echoes     some of them
    bench.py --list            their names
    bench.py --json FILE       what came out; rows that do not run keep what FILE says of them

Ratios are of one run: both ways take their turns, and the median counts. Run it on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path

from builds import changed, many, memory, reading, replay
from echoes import echoes
from figures import Row, machine, say
from sandboxes import boot, cold, life, runs

from snippetrun.support.version import __version__

ROWS = (
    Row("cold", "cold build of this site ÷ its commands one after another in one engine", 0.6, cold),
    Row("boot", "`docker load` into a fresh engine ÷ the first docker command of a page", 15, boot, at_least=True),
    Row("life", "processor seconds of a sandbox: start, one nested run, removal", 0.7, life, "s"),
    Row("replay", "a replaying build ÷ the same without snippetrun", 1.05, replay),
    Row("echoes", "50 `echo` on a page, in its sandbox ÷ cram for the same", 2, echoes),
    Row("runs", "50 `docker run` on a page ÷ the same loop in bash in a sandbox", 1.03, runs),
    Row("reading", "reading 1,500 pages ÷ markdown-it-py on the same blocks, bare", 1.2, reading),
    Row("many", "a page of 200 ÷ a page of 50: three commands each, run", 1.1, many),
    Row("memory", "the most memory of the builder, with 200 pages that run", 250, memory, "MB"),
    Row("changed", "`check --changed-since` of 200 pages, one changed ÷ `check` of one", 1.3, changed),
)


def main() -> None:
    """Measure what was asked for, print it, and write it if that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", choices=[[], *(row.name for row in ROWS)], metavar="ROW")
    parser.add_argument("--list", action="store_true", help="name the rows, and measure nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what came out")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(f"{row.name:8} {row.what}" for row in ROWS))
        return
    on = machine()
    print(f"snippetrun {__version__} on {on}\n")
    print(f"{'':8} {'wanted':>12} {'measured':>12}")
    known = json.loads(arguments.json.read_text()) if arguments.json and arguments.json.is_file() else {}
    for row in ROWS:
        if arguments.rows and row.name not in arguments.rows:
            continue
        say(f"{row.name}: {row.what}")
        figure = row.measure()
        sign, unit = ("≥" if row.at_least else "≤"), row.unit if row.unit != "times" else ""
        mark = "" if row.met(figure.value) else "  missed"
        print(
            f"{row.name:8} {f'{sign} {row.goal:g} {unit}':>12} {f'{figure.value:.2f} {unit}':>12}{mark}  {figure.note}"
        )
        goal = {"what": row.what, "goal": row.goal, "unit": row.unit, "at_least": row.at_least}
        when = dt.datetime.now(dt.UTC).date().isoformat()
        known[row.name] = goal | asdict(figure) | {"met": row.met(figure.value), "machine": on, "when": when}
        if arguments.json:
            arguments.json.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
