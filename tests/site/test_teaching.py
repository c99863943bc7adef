"""The pages can be read in their order: words are explained where they are first used, and each page has exercises."""

from __future__ import annotations

import re

import pytest
import yaml
from conftest import REPOSITORY

from snippetrun import config
from snippetrun.extract import files

DOCS = REPOSITORY / "docs"
NAV = yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text().partition("\nnav:\n")[2].partition("\nvalidation:")[0])
PATH = [page for part in NAV[1:5] for pages in part.values() for page in pages]
"""The pages that teach, in the order of reading."""

FIRST_USES = {
    r"docker run -it": "an interactive terminal (`-it`)",
    r":latest": "`:latest` is the *tag*",
    r"docker run (\S+ )*--rm": "`--rm` removes the container",
    r"docker tag": "Names are cheap; one image can have several",
    r"docker inspect": "`docker inspect` prints all that the engine knows",
    r"inspect --format": "`--format` picks a part of it",
    r"docker history": "as `docker history` tells it for each step",
    r"docker system df": "`docker system df -v` tells the parts apart",
    r"docker run -d": "`-d` leaves a container running in the background",
    r"--name": "`--name` gives it a name",
    r"docker run (\S+ )*-P": "because of `-P`",
    r"ExposedPorts": "that is what `EXPOSE` does",
    r"docker stats": "is what `docker stats` watches",
    r"docker rmi": "`docker rmi` removes a name",
    r"docker create": "`docker run` is two commands in one",
    r"docker ps -a": "`docker ps -a` lists containers that do not run, too",
    r"--filter": "`--filter` picks some of them",
    r"docker run (\S+ )*-p": "`-p 8080:80` *publishes* a port",
    r"docker stop": "`docker stop` sends the process a signal",
    r"docker rm ": "`docker rm` removes it",
    r"docker attach": "`docker attach` brings you back",
    r"docker diff": "`docker diff` compares",
    r"docker commit": "saves a container as a new image",
    r"docker run (\S+ )*-v": "*volumes*, the storage outside the container that `docker run -v` lends to it",
    r"--change": "`--change` sets another one",
    r"docker image prune": "`docker image prune` removes images",
    r"docker exec": "`docker exec` runs a further command",
    r"docker rm -f": "`-f` (force) also removes a container that runs",
    r"docker push": "An image name that begins with a user name belongs to",
    r"docker logs": "`docker logs` takes the ID or the name of a container",
    r"docker wait": "`docker wait` waits for the end of a container",
    r"--log-driver": "`docker run --log-driver` chooses for a single container",
    r"--log-opt": "`--log-opt` sets the driver's options",
    r"--link": "`--link` lets Tomcat find the other container",
    r"docker network create": "`docker network create` makes one",
    r"docker network connect": "`docker network connect` puts a container on it",
    r"docker top": "`docker top` lists the processes of a container",
    r"--init": "`docker run --init` puts a tiny program in front",
    r"docker port": "`docker port` lists the mappings",
    r"--add-host": "`--add-host` gives the host a name",
    r"docker build": "`docker build` follows it",
    r"docker save": "`docker save` writes an image into a tar archive",
    r"docker import": "`docker import` makes one out of a tar archive",
    r"docker cp": "`docker cp` gets a file out of a container",
    r"--entrypoint": "`--entrypoint` does it",
    r"docker kill": "It skips the polite part",
    r"--stop-timeout": "`docker run --stop-timeout 1` for each stop",
}
"""What is typed (or, of the words without a command, stands in a block), and the words that explain it."""


def prose(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def section_end(lines: list[str], number: int) -> int:
    """Return the number of the last line of a section, from one of its lines that stands in a block."""
    return next((n for n, line in enumerate(lines, 1) if n > number and re.match(r"##+ ", line)), len(lines) + 1) - 1


def blocks(page: str) -> dict[int, str]:
    """Return the lines of a page's blocks that run, with what is written below commands, by their number."""
    found: dict[int, str] = {}
    for snippet in files.read(config.load(REPOSITORY / "mkdocs.yml"), DOCS / page).snippets:
        found |= dict(enumerate(snippet.content.splitlines(), snippet.line + 1))
        for command in snippet.commands:
            found |= dict(enumerate([*command.text.split("\n"), *command.written], command.line))
    return found


@pytest.mark.parametrize(("use", "explained"), FIRST_USES.items(), ids=FIRST_USES)
def test_what_is_used_is_explained_by_the_end_of_its_section(use: str, explained: str) -> None:
    before: list[str] = []
    for page in PATH:
        lines = (DOCS / page).read_text().split("\n")
        uses = [number for number, text in sorted(blocks(page).items()) if re.search(use, text)]
        if uses:
            assert explained in prose(before + lines[: section_end(lines, uses[0])]), f"{page}:{uses[0]} uses it"
            return
        before += lines
    pytest.fail("no page uses it")


@pytest.mark.parametrize("page", PATH)
def test_a_page_ends_with_exercises_whose_solutions_run(page: str) -> None:
    lines = (DOCS / page).read_text().split("\n")
    start = max(number for number, line in enumerate(lines, 1) if line.startswith("## "))
    assert lines[start - 1] == "## Exercises"
    tasks = [number for number, line in enumerate(lines, 1) if number > start and re.match(r"\*\*\d\. .+\*\*", line)]
    assert 1 <= len(tasks) <= 3
    for task, end in zip(tasks, [*tasks[1:], len(lines) + 1], strict=True):
        text = lines[task:end]
        assert text.count('??? tip "A hint"') == text.count('??? success "A solution"') == 1
        solution = task + text.index('??? success "A solution"')
        assert any(solution < number < end for number in blocks(page)), f"{page}:{solution} runs nothing"
