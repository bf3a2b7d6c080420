"""At which instant a pop has arrived, when nothing and when more stands behind it in the socket."""

import json
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest

from cti.stage.screens import screen

EARLIER = datetime.now(UTC) - timedelta(hours=1)


def frame(seq):
    payload = json.dumps({"type": "pop", "seq": seq, "at": EARLIER.isoformat(), "data": {}}).encode()
    return bytes((0x81, len(payload))) + payload


@pytest.fixture
def told():
    """`told(frames)`: what a screen tells of a server that writes these frames at once and lets them be told."""

    def run(frames):
        with socket.create_server(("127.0.0.1", 0)) as server:

            def serve():
                line, _ = server.accept()
                with line, line.makefile("rb") as sent:
                    while sent.readline() != b"\r\n":
                        pass
                    line.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + b"".join(frames))
                    assert everything.wait(60)
                    line.shutdown(socket.SHUT_WR)
                    sent.read()  # to its end: closing with something unread would take back what was sent

            def tell(at, message):
                heard.append((at, message["seq"]))
                if len(heard) == len(frames):
                    everything.set()

            heard, everything = [], threading.Event()
            serving = threading.Thread(target=serve)
            serving.start()
            with pytest.raises(OSError, match="closed"):
                screen(*server.getsockname(), "token", tell)
            serving.join()
        return {seq: datetime.fromisoformat(at) for at, seq in heard}

    return run


def test_the_kernel_says_when_a_lone_pop_arrived(told):
    began = datetime.now(UTC)
    assert began - timedelta(seconds=1) < told([frame(1)])[1] <= datetime.now(UTC)


def test_with_more_behind_it_a_pop_arrived_when_the_engine_wrote_it(told):
    arrived = told([frame(1), frame(2)])
    assert arrived[1] == EARLIER
    assert arrived[2] > EARLIER
