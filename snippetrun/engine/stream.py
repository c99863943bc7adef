"""A two-way byte stream to a process inside a container."""

from __future__ import annotations

import contextlib
import math
import socket
import struct
import time
from collections.abc import Callable
from typing import Protocol

from snippetrun.support import stopping

_HEADER = struct.Struct(">BxxxL")  # which stream, then the length: the engine API's multiplexed format


class Stream(Protocol):
    """What a terminal session needs of the world: bytes out, bytes in. Whoever waits hears `stopping.check`."""

    def read(self, timeout: float) -> bytes | None:
        """Return what has come; b"" once the other side has closed; None if nothing came in `timeout` seconds."""

    def write(self, data: bytes, timeout: float = math.inf) -> None:
        """Send all of `data`; what can no longer be delivered is dropped, as the next read will tell.

        Raises TimeoutError if the other side has not taken it in `timeout` seconds.
        """

    def close(self) -> None:
        """End it; closing twice does no harm."""


class ContainerStream:
    """The stdin and stdout of a container or of an exec in it, over the connection that the engine gave us."""

    def __init__(self, connection: socket.socket, ended: Callable[[], None] = lambda: None) -> None:
        """Take over a connection that was hijacked; `ended` is called when the other side has closed, and may raise."""
        self._socket, self._ended = connection, ended
        self._buffer = bytearray()

    def read(self, timeout: float) -> bytes | None:
        """As `Stream.read`; stdout and stderr come as one, in the order in which the engine sent them."""
        deadline = time.monotonic() + timeout
        while True:
            payload = self._whole_frames()
            if payload:
                return payload
            stopping.check()
            left = deadline - time.monotonic()
            data = self._receive(min(max(left, 0.001), stopping.SLICE))  # what is there is read in any case
            if data is None and left > stopping.SLICE:
                continue
            if data == b"":
                self._ended()
            if not data:
                return data
            self._buffer += data

    def write(self, data: bytes, timeout: float = math.inf) -> None:
        """As `Stream.write`."""
        rest, deadline = memoryview(data), time.monotonic() + timeout
        while rest:
            stopping.check()
            self._socket.settimeout(stopping.SLICE)
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError:
                # Nobody takes it. A process that has ended never will, and tells why in what is to be read.
                output = self._receive(0.001)
                if output == b"":
                    return
                self._buffer += output or b""
            except OSError:
                return
            if rest and time.monotonic() > deadline:
                raise TimeoutError

    def end_of_input(self) -> None:
        """Close the process's stdin and go on reading."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_WR)  # that of an SSLSocket would end the reading too

    def read_all(self, timeout: float) -> bytes:
        """Return everything up to the end, and close; raise TimeoutError after `timeout` seconds without a byte."""
        parts = []
        with contextlib.closing(self):
            while (part := self.read(timeout)) != b"":
                if part is None:
                    raise TimeoutError
                parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        """As `Stream.close`."""
        self._socket.close()

    def _receive(self, timeout: float) -> bytes | None:
        """Return what has come, as `read` does, in the engine's format."""
        self._socket.settimeout(timeout)
        try:
            return self._socket.recv(65536)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def _whole_frames(self) -> bytes:
        """Take the payload of every complete frame out of the buffer."""
        payload, at = bytearray(), 0
        while len(self._buffer) - at >= _HEADER.size:
            _, length = _HEADER.unpack_from(self._buffer, at)
            end = at + _HEADER.size + length
            if end > len(self._buffer):
                break
            payload += self._buffer[at + _HEADER.size : end]
            at = end
        del self._buffer[:at]
        return bytes(payload)
