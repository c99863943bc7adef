"""What a page takes for granted and nothing on it makes, made above it in a fence that readers do not see.

This node is not a swarm manager        docker swarm init
network mynet not found                 docker network create mynet, of a service with --driver overlay
No such container: web                  docker run -dit --name web busybox, if that is the only image of the page
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from snippetrun.config import Dialect
from snippetrun.extract import Edit
from snippetrun.model import Command, Page, Snippet
from snippetrun.tasks import used_images

# what an author calls things: web, my-network.1, Web; but neither 3f2a1b, which an engine has made up, nor CONTAINER
_NAME = r"(?![0-9a-f]{6,64}\b|[A-Z_]+\b)([a-zA-Z0-9][\w.-]+)"
_NO_SWARM = re.compile(r"This node is not a swarm manager")
_NO_NETWORK = re.compile(rf"network {_NAME} not found", re.ASCII)
_NO_CONTAINER = re.compile(rf"No such container: {_NAME}$", re.ASCII | re.MULTILINE)
# docker swarm init, docker swarm join, docker swarm leave
_SWARM = re.compile(r"\bdocker swarm\b")
# docker compose up, docker stack deploy: what they make has no name on the page
_MAKES_MORE = re.compile(r"\bdocker(?:-| )(?:compose|stack)\b")
# docker service create, docker stack deploy: their networks are a swarm's
_OF_SWARM = re.compile(r"\bdocker (?:service|stack)\b")


def missing(page: Page, command: Command, output: str, images: Collection[str]) -> str:
    """Return the command that makes what another one lacks; "" if it lacks nothing, or if that is not clear.

    `images` are the names of those that the site has.
    """
    typed = [other.text for snippet in page.snippets for other in snippet.commands]
    if _NO_SWARM.search(output):
        return "" if any(map(_SWARM.search, typed)) else "docker swarm init"
    if any(map(_MAKES_MORE.search, typed)):
        return ""
    lacks_network, lacks_container = _NO_NETWORK.search(output), _NO_CONTAINER.search(output)
    if lacks_network and not _is_made(lacks_network[1], typed):
        driver = "--driver overlay " if _OF_SWARM.search(command.text) else ""
        return f"docker network create {driver}{lacks_network[1]}"
    own = used_images.used([page]).keys() & set(images)
    if lacks_container and not _is_made(lacks_container[1], typed) and len(own) == 1:
        return f"docker run -dit --name {lacks_container[1]} {own.pop().removesuffix(':latest')}"
    return ""


def _is_made(name: str, typed: Sequence[str]) -> bool:
    """Tell whether a command of the page makes a thing of this name: it may have failed, or come too late."""
    made = re.compile(
        rf"(?:--name[= ]|\bnetwork create (?:.*\s)?|\brename (?:.*\s)?){re.escape(name)}(?![\w.-])", re.DOTALL
    )
    return any(map(made.search, typed))


def hidden_above(lines: Sequence[str], page: Page, snippet: Snippet, command: str, dialect: Dialect) -> list[Edit]:
    """Return what types a command above a fence, out of sight: in the hidden fence right above it, or in a new one."""
    typed = f"{dialect.prompts[0]} {command}"
    above = next((other for other in reversed(page.snippets) if other.end_line < snippet.line), None)
    if above and above.options.hide and not "".join(lines[above.end_line : snippet.line - 1]).strip():
        return [Edit(above.end_line, above.end_line - 1, (above.prefix + typed,))]
    if not lines[snippet.line - 1].startswith(snippet.prefix):
        return []  # the fence opens in the line of a list's marker
    # A prompt in a language of scripts would tell that a fence without one is no script.
    languages = (language for language in (snippet.language, *dialect.languages) if language not in dialect.scripts)
    language = next(filter(None, languages), snippet.language)
    fence = (f"```{language} {{hide}}", typed, "```", "")
    return [Edit(snippet.line, snippet.line - 1, tuple((snippet.prefix + line).rstrip() for line in fence))]
