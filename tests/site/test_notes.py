"""Every command of the course notes has its place on a page, and runs there: the table of the site is held to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import REPOSITORY

from snippetrun import config
from snippetrun.extract import files
from snippetrun.support.patterns import KEYS

DOCS = REPOSITORY / "docs"
COMMANDS = """\
docker info
docker run hello-world
docker run -it ubuntu bash
docker --version
docker version
docker images
docker ps
docker run
-d
-it
exit
docker run -it some-container sh
docker ps -a
docker commit <containerId> <identifier>
docker diff
docker run -p 80:80 bee-was-here-nginx nginx -g "daemon off;"
curl localhost:80
docker tag bee-was-here-nginx ayebeecoding/bee-was-here-nginx:latest
docker login --username=ayebeecoding
docker push ayebeecoding/bee-was-here-nginx:latest
docker run -p 80:80 ayebeecoding/bee-was-here-nginx:latest nginx -g "daemon off;"
docker run
docker create
docker start
docker run [options] <image/tag/imageid> <command> <args>
-i
-t
-d
docker stop <containerId>
ctrl-P ctrl-Q
docker run
docker logs <containerId>
docker logs -f <id>
docker run -d -p 24224:24224 -p 24224:24224/udp --name fluentd -u fluent fluentd
docker run -d --link fluentd:fluentd --log-driver=fluentd tomcat
docker logs -f <id>
kill -9 1
docker run -it --privileged --pid=host debian nsenter -t 1 -m -u -n -i sh
ps -axfo
pstree
80:80
-P
docker run -d -P tomcat
docker ps
-p <external port>:<internal port>
docker run -d -p 80:80 --link goofy_golick:goofy_golick --link magical_buck:magical_buck dockercloud/haproxy
FROM scratch
docker images -a
; or &&
docker build -t <tag> <path>
.
docker build
CMD
CMD echo "Hello, World"
CMD ["echo", "Hello, World"]
ENTRYPOINT ["echo"]
docker stop <containerid>
docker kill <containerid>
docker start <containerid>
docker logs
docker exec [opts] [container] [command]
-d
-it
--privileged=true
-u
docker start my_container
docker exec -it my_container sh
""".splitlines()
"""What the notes have between backticks, and the one pair of keys that they tell of, in their order."""

_ROW = re.compile(r"\| (?P<section>[\w ]+) \| (?P<command>.+?) \| (?P<places>\[.+\]\(.+\)) \|")
_PLACE = re.compile(r"\[(?P<page>[\w-]+\.md):(?P<line>[0-9]+)\]\((?P=page)\)")
_STANDS_FOR_SOMETHING = re.compile(r"<[^>]*>|\[\w+\]")


def rows() -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the table: a command of the notes, and the places where it runs."""
    table = [match for line in (DOCS / "the-notes.md").read_text().splitlines() if (match := _ROW.fullmatch(line))]
    return [
        (match["command"].replace("`", ""), [(m["page"], int(m["line"])) for m in _PLACE.finditer(match["places"])])
        for match in table
    ]


def lines_that_run(page: Path) -> dict[int, str]:
    """Return the lines of a page that are typed or written into a file, by their number."""
    read = files.read(config.load(REPOSITORY / "mkdocs.yml"), page)
    found: dict[int, str] = {}
    for snippet in read.snippets:
        if snippet.options.skip is not None or read.options.skip is not None:
            continue
        if snippet.options.file is not None:
            found |= dict(enumerate(snippet.content.splitlines(), snippet.line + 1))
        for command in snippet.commands:
            if command.text:
                found[command.line] = command.text
            typed = {n: line for n, line in enumerate(command.written, command.end_line + 1) if may_be_typed(line)}
            found |= typed
    return found


def may_be_typed(line: str) -> bool:
    return bool(KEYS.fullmatch(line.strip()) or re.match(r"\S*# \S", line))


def test_the_table_has_every_command_of_the_notes_in_their_order() -> None:
    assert [command for command, _ in rows()] == COMMANDS


@pytest.mark.parametrize(("command", "places"), rows())
def test_a_command_runs_where_the_table_says(command: str, places: list[tuple[str, int]]) -> None:
    assert places
    words = _STANDS_FOR_SOMETHING.sub("", command).split()
    if command == "ctrl-P ctrl-Q":
        words = ["^P^Q"]
    elif command == "; or &&":
        words = []
    for page, line in places:
        runs = lines_that_run(DOCS / page)
        fitting = [number for number, text in runs.items() if all(word in text for word in words)]
        assert line in fitting, f"{page}:{line} does not run `{command}`; it runs at {fitting}"
