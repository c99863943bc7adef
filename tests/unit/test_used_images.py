"""The images that commands use, read from their text."""

from __future__ import annotations

import pytest

from snippetrun.extract import read
from snippetrun.tasks.used_images import used


@pytest.mark.parametrize(
    ("command", "images"),
    [
        ("docker run --rm -p 80:80 nginx:1.27 echo hi", ["nginx:1.27"]),
        ("docker pull debian && docker pull busybox | cat", ["debian:latest", "busybox:latest"]),
        ("docker run -it --name web -e A=b \\\n    ubuntu bash", ["ubuntu:latest"]),
        ("x=$(docker run -d -p80:80 redis)", ["redis:latest"]),
        ("sudo docker -H unix:///x container run -v \"$PWD\":/x -w /x --rm=true python:3 python 'a b'", ["python:3"]),
        ("docker service create --replicas 2 --name hive alpine sleep 3", ["alpine:latest"]),
        ("docker run --init -d registry.example:5000/a/b:1", ["registry.example:5000/a/b:1"]),
        ("docker tag debian mine; docker push mine; docker run mine", ["debian:latest"]),
        ("docker build -t mine . && docker run mine", []),
        ("docker build --tag=mine . && docker run mine", []),
        ("docker commit web mine && docker run mine", []),
        ("docker run $IMAGE; docker rm -f web; docker ps -a debian; docker", []),
        ("docker build -t x - <<END\nFROM --platform=linux/amd64 golang AS build\nFROM build\nEND", ["golang:latest"]),
        ("docker build -t x - <<END\n> FROM alpine\n> END", ["alpine:latest"]),
        ("docker build -t x - <<END\nFROM scratch\nEND", []),
        ("cat Dockerfile\nFROM node\nRUN true\n$ docker ps", []),
        ("docker run -u $(id -u):$(id -g) -v $(pwd)/x:/x irssi", ["irssi:latest"]),
        ("docker rm $(docker create debian)", ["debian:latest"]),
        ("docker run debian sh -c 'docker run nginx'", ["debian:latest"]),
    ],
)
def test_what_a_command_uses(command: str, images: list[str]) -> None:
    page = read("a.md", f"```console\n$ {command}\n```\n")
    assert sorted(used([page])) == sorted(images)


def test_each_page_counts_once() -> None:
    page = read("a.md", "```console\n$ docker run a\n$ docker run a:latest\n```\n")
    assert used([page, page]) == {"a:latest": 2}


def test_a_file_that_a_page_writes_counts_too() -> None:
    page = read(
        "a.md", "```dockerfile {file=Dockerfile}\nFROM node:22\n```\n\n```console\n$ docker build -t a .\n```\n"
    )
    assert used([page]) == {"node:22": 1}
