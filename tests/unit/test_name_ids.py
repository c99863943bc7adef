"""Words that the author's engine has made up become names."""

from __future__ import annotations

import pytest

from snippetrun.extract import read, splice
from snippetrun.extract.lines import normalised
from snippetrun.tasks.name_ids import named

ID = "3f2a1b4c5d6e"
LONG = ID + "0123456789" * 5 + "ab"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"$ docker run -d x\n{LONG}\n$ docker ps\n{ID}  x\n$ docker rm 3f2a\n3f2a\n",
            "$ docker run -d x\n<container>\n$ docker ps\n<container>  x\n$ docker rm <container>\n<container>\n",
        ),
        (
            f"$ docker build .\nbuilt {ID}\n$ docker rmi {ID}\n",
            "$ docker build .\nbuilt <image>\n$ docker rmi <image>\n",
        ),
        (
            f"$ docker network create a\n{LONG}\n$ docker network rm {LONG}\n",
            "$ docker network create a\n<network>\n$ docker network rm <network>\n",
        ),
        (
            "$ docker ps\nID happy_morse\n$ docker stop happy_morse\nhappy_morse\n",
            "$ docker ps\nID <container>\n$ docker stop <container>\n<container>\n",
        ),
        (
            f"$ docker ps\n<container> {ID}\n$ docker stop {ID}\n",
            "$ docker ps\n<container> <container-2>\n$ docker stop <container-2>\n",
        ),
        ("$ docker run --name happy_morse a\n$ docker ps\nhappy_morse\n$ docker rm happy_morse\n", None),
        (f"$ docker ps\n{ID}\n$ docker stop beef\n", None),
        (f"$ docker ps\n{ID}\n$ docker top\n", None),
        (f"$ docker stop {ID}\n{ID}\n", None),
        (f"$ docker ps\na-{ID} {ID}x\n$ docker stop 3f2a\n", None),
    ],
)
def test_words_become_names(before: str, after: str | None) -> None:
    text = (
        f"# A\n\n- item\n\n    ```console\n{''.join(f'    {line}{chr(10)}' for line in before.splitlines())}    ```\n"
    )
    edited = splice(text, named(read("a.md", text), normalised(text)))
    assert [line[4:] for line in edited.splitlines()[5:-1]] == (after or before).splitlines()


def test_what_does_not_run_stays() -> None:
    text = f'```console\n$ docker ps\n{ID}\n```\n\n```console {{skip="x"}}\n$ docker stop {ID}\n```\n'
    assert named(read("a.md", text), normalised(text)) == []
