"""Promises of the server's limits: nobody holds a connection for nothing, and it recovers from too many."""

import contextlib
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from ipo.inspector.http import protocol
from ipo.inspector.http.client import InspectorClient
from ipo.inspector.http.serve import server as prepared
from ipo.inspector.recipes import autoencoder
from tests.support.app_server import ROOT
from tests.support.waiting import eventually
from tests.unit.inspector.small import IMAGES, LABELS, SMALL

HANG = 60.0  # seconds; bounds a hang only
TOKEN = "let me in"
HEAD = b"POST /inspect/step HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer let me in\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[uvicorn.Server, tuple[str, int]]]:
    """A server that is in a hurry, and where it listens."""
    with (
        pytest.MonkeyPatch.context() as patch,
        prepared(["autoencoder_bcl"], "127.0.0.1", 0, TOKEN) as (server, taken, _),
    ):
        patch.setattr(autoencoder, "digits", lambda: (IMAGES, LABELS))
        patch.setattr(protocol, "REQUEST_SECONDS", 0.2)
        patch.setattr(protocol, "TAKING_SECONDS", 0.2)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield server, taken.getsockname()
        server.should_exit = True
        thread.join()


@pytest.fixture
def server(running: tuple[uvicorn.Server, tuple[str, int]]) -> uvicorn.Server:
    return running[0]


@pytest.fixture
def address(running: tuple[uvicorn.Server, tuple[str, int]]) -> tuple[str, int]:
    return running[1]


@contextlib.contextmanager
def connected(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, HANG) as made:
        yield made


def rest_of(connection: socket.socket) -> bytes:
    """What arrives until the server closes."""
    content = b""
    try:
        while part := connection.recv(65536):
            content += part
    except ConnectionResetError:
        pass
    return content


def url(address: tuple[str, int]) -> str:
    return f"http://{address[0]}:{address[1]}"


@pytest.mark.parametrize(
    "begins",
    [
        b"",
        b"GET /insp",
        HEAD,
        HEAD + b"X-More: ",
        HEAD + b"Content-Length: 100\r\n\r\n{",
        HEAD + b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"n"\r\n',
    ],
)
def test_a_request_that_does_not_come_on_is_ended_with_word(
    address: tuple[str, int], begins: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(address) as connection:
        connection.sendall(begins)
        said = rest_of(connection)
    assert said.startswith(b"HTTP/1.1 408 ") and b"The request did not arrive within 0.2 s." in said
    assert "Traceback" not in caplog.text


def test_a_request_that_comes_byte_by_byte_is_ended_too(address: tuple[str, int]) -> None:
    ended = threading.Event()
    with connected(address) as connection:

        def trickle() -> None:
            with contextlib.suppress(OSError):
                connection.sendall(HEAD)
                while not ended.wait(0.02):
                    connection.sendall(b"X")

        thread = threading.Thread(target=trickle)
        thread.start()
        said = rest_of(connection)
        ended.set()
        thread.join()
    assert said == b"" or said.startswith(b"HTTP/1.1 408 ")


def test_who_has_no_token_cannot_hold_a_connection_with_the_rest_of_a_body(address: tuple[str, int]) -> None:
    with connected(address) as connection:
        connection.sendall(b"POST /inspect/step HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n")
        assert rest_of(connection).startswith(b"HTTP/1.1 401 ")


def test_an_answer_that_nobody_takes_is_given_up(server: uvicorn.Server, address: tuple[str, int]) -> None:
    with InspectorClient(url(address), TOKEN) as client:
        client.setup(**{**SMALL, "features": 200})
        client.step(300)  # a history of more bytes than buffers hold
    eventually(lambda: not server.server_state.connections, "end of the connections before", HANG)
    with connected(address) as slow:
        slow.sendall(HEAD.replace(b"POST /inspect/step", b"GET /inspect/history") + b"\r\n")
        assert slow.recv(1)
        eventually(lambda: not server.server_state.connections, "end of the connection", HANG)
    with InspectorClient(url(address), TOKEN) as client:
        client.teardown()


def test_headers_are_bounded(address: tuple[str, int]) -> None:
    with connected(address) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(HEAD + b"X-Long: " + b"x" * 2 * protocol.MAX_HEADERS)
        assert rest_of(connection).startswith(b"HTTP/1.1 400 ")


def test_a_connection_is_used_again_and_again(address: tuple[str, int]) -> None:
    with InspectorClient(url(address), TOKEN) as client:
        for _ in range(3):
            assert client.state() == {"active": False}


def test_beside_many_connections_a_request_is_told_to_wait_and_later_answered(
    address: tuple[str, int],
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as open_:
        patch.setattr(protocol, "REQUEST_SECONDS", HANG)
        for _ in range(protocol.MAX_REQUESTS):
            open_.enter_context(connected(address))
        eventually(
            lambda: httpx.get(f"{url(address)}/inspect/state", headers=headers).status_code == 503,
            "refusal",
            HANG,
        )
    assert eventually(
        lambda: httpx.get(f"{url(address)}/inspect/state", headers=headers).status_code == 200, "answer", HANG
    )


SERVE = """
import resource, sys
from ipo.inspector.http import protocol
from ipo.inspector.http.serve import serve
protocol.REQUEST_SECONDS = 1.0
resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
serve(["autoencoder_bcl"], "127.0.0.1", 0, "let me in", lambda line: print(line, flush=True))
"""


def test_at_its_limit_of_files_it_says_so_once_and_recovers() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        found = re.search(r":(\d+)$", process.stdout.readline().strip())
        assert found is not None
        address = "127.0.0.1", int(found[1])
        with contextlib.ExitStack() as open_:
            for _ in range(100):
                open_.enter_context(connected(address))
            headers = {"Authorization": f"Bearer {TOKEN}"}

            def answered() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return httpx.get(f"{url(address)}/inspect/state", headers=headers).status_code == 200
                return False

            assert eventually(answered, "an answer beside those who hold on", HANG)
    finally:
        process.terminate()
        errors = process.communicate(timeout=HANG)[1]
    assert errors.count("No further connection can be accepted: [Errno 24] Too many open files") == 1
    assert "Traceback" not in errors and len(errors) < 10_000
