"""A listener for Fluentd's Forward protocol that prints every record, as Fluentd's stdout output does.

The protocol is MessagePack over TCP, with heartbeats over UDP on the same port. A message is one of

- Message: ``[tag, time, record, option?]``
- Forward: ``[tag, [[time, record], ...], option?]``
- PackedForward: ``[tag, the entries as concatenated MessagePack, option?]``
- CompressedPackedForward: the same, gzipped, with ``{"compressed": "gzip"}`` as option

and an option ``{"chunk": id}`` asks for ``{"ack": id}`` once the records are out.

Only modules of Debian's python3-minimal are imported.
"""
# ruff: noqa: INP001 - copied into the image on its own

import json
import selectors
import signal
import socket
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

PORT = 24224
LIMIT = 64 * 1024 * 1024
"""Bytes that one message may have, packed or unpacked."""


class MalformedError(ValueError):
    """Bytes that are no MessagePack, or a value that is no Forward message."""


class IncompleteError(Exception):
    """The buffer ends inside a value; more bytes may complete it."""


class EventTime(NamedTuple):
    """A point in time: Fluentd's MessagePack extension type 0."""

    seconds: int
    """Since 1970, UTC."""
    nanoseconds: int


class Event(NamedTuple):
    """One log record."""

    tag: str
    time: EventTime
    record: dict[str, Any]


NUMBERS = {
    0xCA: ">f", 0xCB: ">d",
    0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
SIZES = {
    0xC4: ("text", 1), 0xC5: ("text", 2), 0xC6: ("text", 4),
    0xC7: ("extension", 1), 0xC8: ("extension", 2), 0xC9: ("extension", 4),
    0xD9: ("text", 1), 0xDA: ("text", 2), 0xDB: ("text", 4),
    0xDC: ("array", 2), 0xDD: ("array", 4),
    0xDE: ("map", 2), 0xDF: ("map", 4),
}  # fmt: skip
"""What follows a type byte: the kind of value, and how many bytes hold its size."""


class Unpacker:
    """Reads MessagePack values one after another from a buffer.

    Strings and binaries both become ``str``: senders use either for the same thing. Bytes that are no UTF-8
    survive as lone surrogates, so that nothing is lost.
    """

    def __init__(self, data: bytes) -> None:
        """Read from the first byte of ``data``."""
        self._data = data
        self.position = 0

    def values(self) -> Iterator[Any]:
        """Yield the values up to the end of the buffer."""
        while self.position < len(self._data):
            yield self.value()

    def value(self) -> Any:  # noqa: ANN401 - any MessagePack value
        """Return the next value and move behind it, or raise and stay."""
        start = self.position
        try:
            return self._value()
        except RecursionError:
            raise MalformedError("nested too deeply") from None
        except IncompleteError:
            self.position = start
            raise

    def _take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self._data):
            raise IncompleteError
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def _value(self) -> Any:  # noqa: ANN401, PLR0911 - one return per group of types reads best
        code = self._take(1)[0]
        if code <= 0x7F:
            return code
        if code >= 0xE0:
            return code - 0x100
        if code <= 0x8F:
            return self._sized("map", code & 0x0F)
        if code <= 0x9F:
            return self._sized("array", code & 0x0F)
        if code <= 0xBF:
            return self._sized("text", code & 0x1F)
        if code in NUMBERS:
            return struct.unpack(NUMBERS[code], self._take(struct.calcsize(NUMBERS[code])))[0]
        if code in SIZES:
            kind, width = SIZES[code]
            return self._sized(kind, int.from_bytes(self._take(width)))
        if 0xD4 <= code <= 0xD8:
            return self._sized("extension", 1 << (code - 0xD4))
        if code == 0xC1:
            raise MalformedError("byte 0xc1 is no MessagePack type")
        return {0xC0: None, 0xC2: False, 0xC3: True}[code]

    def _sized(self, kind: str, size: int) -> Any:  # noqa: ANN401
        if kind == "map":
            return {str(self._value()): self._value() for _ in range(size)}
        if kind == "array":
            return [self._value() for _ in range(size)]
        if kind == "text":
            return self._take(size).decode(errors="surrogateescape")
        number, payload = self._take(1)[0], self._take(size)
        if number == 0 and size == 8:
            return EventTime(*struct.unpack(">II", payload))
        return payload.hex()


def decode(message: Any) -> tuple[list[Event], str | None]:  # noqa: ANN401
    """Return the events of one unpacked Forward message, and the chunk id to acknowledge, if any.

    Raises MalformedError.
    """
    match message:
        case None:  # a heartbeat over TCP
            return [], None
        case [str(tag), str(packed), *rest]:
            entries = list(_entries(packed.encode(errors="surrogateescape"), _option(rest)))
        case [str(tag), list(entries), *rest]:
            pass
        case [str(tag), moment, dict(record), *rest]:
            entries = [[moment, record]]
        case _:
            raise MalformedError("not a Forward message")
    chunk = _option(rest).get("chunk")
    return [_event(tag, entry) for entry in entries], chunk if isinstance(chunk, str) else None


def _option(rest: list[Any]) -> dict[str, Any]:
    match rest:
        case [] | [None]:
            return {}
        case [dict(option)]:
            return option
        case _:
            raise MalformedError("the option is not a map")


def _entries(packed: bytes, option: dict[str, Any]) -> Iterator[Any]:
    if option.get("compressed") == "gzip":
        packed = _gunzip(packed)
    try:
        yield from Unpacker(packed).values()
    except IncompleteError:
        raise MalformedError("the packed entries end too early") from None


def _gunzip(data: bytes) -> bytes:
    """Unpack gzip members one after another: a sender may simply concatenate its chunks."""
    plain = b""
    while data:
        member = zlib.decompressobj(wbits=31)
        try:
            plain += member.decompress(data, LIMIT + 1 - len(plain))
        except zlib.error as error:
            raise MalformedError(str(error)) from None
        if len(plain) > LIMIT:
            raise MalformedError(f"unpacks to more than {LIMIT} bytes")
        if not member.eof:
            raise MalformedError("the gzip data end too early")
        data = member.unused_data
    return plain


def _event(tag: str, entry: Any) -> Event:  # noqa: ANN401
    match entry:
        case [EventTime() as moment, dict(record)]:
            return Event(tag, moment, record)
        case [int(seconds), dict(record)]:
            return Event(tag, EventTime(seconds, 0), record)
        case _:
            raise MalformedError("an entry is not [time, record]")


def line(event: Event) -> str:
    """Return the event as ``2026-01-02 03:04:05.000000000 +0000 <tag>: {json}``."""
    try:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(event.time.seconds))
    except (OverflowError, ValueError, OSError):
        raise MalformedError(f"no such time: {event.time.seconds}") from None
    # Docker sends the fields in no particular order. With the text in front, the lines can be read and compared.
    fields = dict(sorted(event.record.items(), key=lambda field: (field[0] != "log", field[0])))
    record = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return f"{moment}.{event.time.nanoseconds:09} +0000 {event.tag}: {record}"


def acknowledgement(chunk: str) -> bytes:
    """Return ``{"ack": chunk}`` as MessagePack."""
    name = chunk.encode(errors="surrogateescape")
    return b"\x81\xa3ack\xdb" + len(name).to_bytes(4) + name


class Listener:
    """Prints what comes in at a TCP port and answers heartbeats at the UDP port of the same number."""

    def __init__(self, say: Callable[[str], None], warn: Callable[[str], None]) -> None:
        """Hand each line of output to ``say``, each complaint to ``warn``."""
        self._say = say
        self._warn = warn
        self._buffers: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()

    def serve(self, port: int = PORT) -> None:
        """Serve until an exception, such as the SystemExit of a signal handler, ends it."""
        with (
            socket.create_server(("", port)) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            udp.bind(("", port))
            self._selector.register(tcp, selectors.EVENT_READ, self._accept)
            self._selector.register(udp, selectors.EVENT_READ, self._heartbeat)
            self._warn(f"[info]: listening for the Forward protocol on port {port}")
            while True:
                for key, _ in self._selector.select():
                    try:
                        key.data(key.fileobj)
                    except OSError as error:
                        self._warn(f"[warn]: {error}")
                        self._forget(key.fileobj)

    def _accept(self, tcp: socket.socket) -> None:
        peer, _ = tcp.accept()
        peer.settimeout(5)  # for a peer that does not read its acknowledgements
        self._buffers[peer] = b""
        self._selector.register(peer, selectors.EVENT_READ, self._receive)

    def _heartbeat(self, udp: socket.socket) -> None:
        _, address = udp.recvfrom(1024)
        udp.sendto(b"\0", address)

    def _receive(self, peer: socket.socket) -> None:
        received = peer.recv(1 << 20)
        self._buffers[peer] += received
        unpacker = Unpacker(self._buffers[peer])
        try:
            for message in unpacker.values():
                self._handle(message, peer)
        except IncompleteError:
            pass
        except MalformedError as error:  # nobody knows where the next message begins
            self._warn(f"[warn]: connection closed: {error}")
            self._forget(peer)
            return
        self._buffers[peer] = self._buffers[peer][unpacker.position :]
        if len(self._buffers[peer]) > LIMIT:
            self._warn(f"[warn]: connection closed: a message of more than {LIMIT} bytes")
            self._forget(peer)
        elif not received:
            self._forget(peer)

    def _handle(self, message: Any, peer: socket.socket) -> None:  # noqa: ANN401
        if not isinstance(message, list | None):
            raise MalformedError("the peer does not speak the Forward protocol")
        try:
            events, chunk = decode(message)
            lines = [line(event) for event in events]
        except MalformedError as error:
            self._warn(f"[warn]: message skipped: {error}")
            return
        for text in lines:
            self._say(text)
        if chunk is not None:
            peer.sendall(acknowledgement(chunk))

    def _forget(self, peer: object) -> None:
        if isinstance(peer, socket.socket) and peer in self._buffers:
            del self._buffers[peer]
            self._selector.unregister(peer)
            peer.close()


def main() -> None:
    """Listen until SIGTERM or SIGINT."""
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))

    def say(text: str) -> None:
        print(text, flush=True)  # noqa: T201

    def warn(text: str) -> None:
        say(time.strftime("%Y-%m-%d %H:%M:%S +0000 ", time.gmtime()) + text)

    Listener(say, warn).serve()


if __name__ == "__main__":
    main()
