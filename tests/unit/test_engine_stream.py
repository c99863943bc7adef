"""The byte stream to a process in a container, over the docker SDK's connections."""

from __future__ import annotations

import socket
import struct
import threading
from pathlib import Path

import docker
import pytest

from snippetrun.engine.stream import ContainerStream


def frame(data: bytes, stream: int = 1) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def answer(listening: socket.socket, head_and_more: bytes, later: bytes) -> None:
    """Play an engine that upgrades one connection, with the first output right behind the head of its answer."""
    connection, _ = listening.accept()
    with connection:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(4096)
        connection.sendall(head_and_more)
        connection.sendall(later)


@pytest.mark.parametrize("together", [0, 3, 8, 13, 20])
def test_what_comes_right_behind_the_head_of_the_answer_is_not_lost(tmp_path: Path, together: int) -> None:
    path = str(tmp_path / "engine.sock")
    head = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n\r\n"
    output = frame(b"first") + frame(b"second", 2)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        engine = threading.Thread(target=answer, args=(listening, head + output[:together], output[together:]))
        engine.start()
        client = docker.APIClient(f"unix://{path}", version="1.41")
        stream = ContainerStream(client.exec_start("x", socket=True))
        assert stream.read_all(timeout=10) == b"firstsecond"
        stream.close()
        client.close()
        engine.join()
