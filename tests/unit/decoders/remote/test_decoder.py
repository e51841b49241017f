"""Promises of the `remote` decoder, with servers in processes of their own."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from ipo.decoders.remote.access import TOKEN_VARIABLE
from ipo.decoders.remote.decoder import RemoteDecoder, RemoteKind
from ipo.decoders.remote.status import ServerState
from ipo.decoders.settings import complete
from ipo.jobs import SILENT, Cancelled
from tests.support.app_server import free_port
from tests.support.forks import Fork
from tests.support.served_decoder import PROMPT, SIZE, TOKEN, draw, half_done, some_latents, start_server
from tests.support.waiting import eventually


class Servers:
    """Image servers that end with the test."""

    def __init__(self) -> None:
        self.running: dict[str, Fork] = {}

    def start(self, url: str = "", **how: object) -> str:
        """Start a server, at an address if one is given; the address, at which it answers already."""
        url = url or f"http://127.0.0.1:{free_port()}"
        self.running[url] = start_server(int(url.rpartition(":")[2]), **how)  # type: ignore[arg-type]
        eventually(lambda: answers(url), f"server at {url}")
        return url

    def kill(self, url: str) -> None:
        self.running[url].kill()
        self.running[url].wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def servers() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    for server in servers.running.values():
        with contextlib.suppress(ProcessLookupError):  # it ended already
            server.kill()
        server.wait(10)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)


@pytest.fixture
def kind() -> RemoteKind:
    return RemoteKind()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def opened(kind: RemoteKind, *urls: str, options: str = "", timeout: float = 20) -> RemoteDecoder:
    chosen = {"url": ", ".join(urls), "options": options, "timeout": timeout}
    return kind.open(Path("nowhere"), complete(kind.settings, chosen))


def images(decoder: RemoteDecoder, latents: NDArray[np.float32], **more: object) -> NDArray[np.uint8]:
    return decoder.decode(latents, PROMPT, {"size": SIZE, **more}, context=SILENT)  # type: ignore[dict-item]


class Leaving:
    """A `Progress` that breaks off when it is told to."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.messages: list[str] = []

        self.fractions: list[float] = []
        self.previews: list[tuple[int, NDArray[np.uint8]]] = []  # of which image on, images

    def report(self, fraction: float, message: str = "") -> None:
        self.fractions.append(fraction)
        self.messages.append(message)

    def check(self) -> None:
        if self.left.is_set():
            raise Cancelled

    def preview(self, render: Callable[[], NDArray[np.uint8]], first: int = 0) -> None:
        self.previews.append((first, render()))


def test_images_from_elsewhere_are_those_that_are_drawn_here(servers: Servers, kind: RemoteKind) -> None:
    url = servers.start()
    decoder = opened(kind, url, options="steps=3, tint=inverse")
    info = decoder.info
    assert info.record() == {"name": "served", "version": "1", "weights_hash": "f1a7", "deterministic": True}
    assert (info.latent_shape(SIZE), info.latent_shape(40), info.batch) == ((4, 2, 2), (4, 5, 5), 4)
    latents = some_latents(11)
    assert np.array_equal(images(decoder, latents), draw(latents, steps=3, tint="inverse"))
    assert np.array_equal(images(decoder, latents, options=""), draw(latents))  # as an older row says
    prompt = 'Häfen, „nachts“\n\r\n\t"--x" 港'
    drawn = decoder.decode(latents, prompt, {"size": SIZE}, context=SILENT)
    assert np.array_equal(drawn, draw(latents, prompt, steps=3, tint="inverse"))
    assert images(decoder, latents[:0]).shape == (0, SIZE, SIZE, 3)
    with pytest.raises(ValueError, match="multiple of 8"):
        info.latent_shape(20)
    (status,) = decoder.servers()
    assert (status.url, status.state, status.images) == (url, ServerState.READY, 33)
    assert (status.decoder, status.weights_hash, status.device) == ("served 1", "f1a7", "test device")
    assert 0 < (status.seconds_per_image or 0) < 5


def test_what_no_server_could_draw_is_refused_before_it_is_sent(servers: Servers, kind: RemoteKind) -> None:
    url = servers.start()
    decoder = opened(kind, url)
    with pytest.raises(ValueError, match=r"need \(B, 4, 2, 2\)"):
        images(decoder, np.zeros((1, 4, 2, 3), np.float32))
    with pytest.raises(ValueError, match="NaN or Inf"):
        images(decoder, np.full((1, 4, 2, 2), np.nan, np.float32))
    with pytest.raises(ValueError, match="steps or tint would be right"):
        opened(kind, url, options="negative=fog")
    with pytest.raises(ValueError, match=r"served 1|1 to 4000|up to 4000"):
        decoder.decode(some_latents(1), "x" * 5000, {"size": SIZE}, context=SILENT)
    assert decoder.servers()[0].state == ServerState.READY


def test_a_wrong_token_is_said(servers: Servers, kind: RemoteKind, monkeypatch: pytest.MonkeyPatch) -> None:
    url = servers.start()
    monkeypatch.setenv(TOKEN_VARIABLE, "wrong")
    with pytest.raises(ValueError, match="refuses the token") as refused:
        opened(kind, url)
    assert "wrong" not in str(refused.value).replace("missing or wrong", "")
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    opened(kind, url)


def test_where_nothing_answers_that_is_said_and_soon_said_at_once(kind: RemoteKind) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ValueError, match=f"No image server answers. {url} cannot be reached.*serve-decoder"):
        opened(kind, url)
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"tried again in \d s"):
        opened(kind, url)
    assert time.monotonic() - began < 1


def test_a_server_that_is_killed_and_started_again_loses_no_image(
    servers: Servers, kind: RemoteKind, pool: ThreadPoolExecutor
) -> None:
    url = servers.start(seconds=0.3)
    decoder = opened(kind, url)
    latents = some_latents(8)
    drawn = pool.submit(images, decoder, latents)
    time.sleep(0.4)  # in the middle of the second batch
    servers.kill(url)
    servers.start(url)
    assert np.array_equal(drawn.result(20), draw(latents))


def test_a_server_that_stays_away_is_left_alone_and_asked_again_later(
    servers: Servers, kind: RemoteKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipo.decoders.remote.server_pool.FIRST_BACK_OFF", 0.01)
    monkeypatch.setattr("ipo.decoders.remote.breaker.FIRST_PAUSE", 0.5)
    url = servers.start()
    decoder = opened(kind, url)
    servers.kill(url)
    with pytest.raises(OSError, match="No image server answers"):
        images(decoder, some_latents(1))
    (status,) = decoder.servers()
    assert status.state == ServerState.FAILING
    assert status.retry_in
    began = time.monotonic()
    with pytest.raises(OSError, match="tried again in"):
        images(decoder, some_latents(1))
    assert time.monotonic() - began < 1
    servers.start(url)
    eventually(lambda: not decoder.servers()[0].retry_in, "end of the pause")
    assert np.array_equal(images(decoder, some_latents(1)), draw(some_latents(1)))
    assert decoder.servers()[0].state == ServerState.READY


def test_several_servers_share_the_work_and_one_of_them_can_go(
    servers: Servers, kind: RemoteKind, pool: ThreadPoolExecutor
) -> None:
    urls = [servers.start(seconds=0.2) for _ in range(2)]
    decoder = opened(kind, *urls)
    assert decoder.info.batch == 8
    latents, progress = some_latents(8), Leaving()
    drawn = decoder.decode(latents, PROMPT, {"size": SIZE}, context=progress)
    assert np.array_equal(drawn, draw(latents))
    assert [status.images for status in decoder.servers()] == [4, 4]
    assert progress.messages[-1].startswith("Image 8 of 8 from http://")
    later = pool.submit(images, decoder, latents)
    time.sleep(0.1)
    servers.kill(urls[0])
    assert np.array_equal(later.result(20), draw(latents))
    assert decoder.servers()[1].images > 4


def test_other_weights_on_one_of_the_servers_are_refused(servers: Servers, kind: RemoteKind) -> None:
    here, other = servers.start(), servers.start(weights="other")
    with pytest.raises(
        ValueError, match=rf"{other} draws with served 1 \(weights other\); served 1 \(weights f1a7\)"
    ):
        opened(kind, here, other)


def test_a_server_that_came_back_with_other_weights_draws_nothing(servers: Servers, kind: RemoteKind) -> None:
    url, second = servers.start(), servers.start()
    decoder, alone = opened(kind, url, second), opened(kind, url)
    servers.kill(url)
    servers.start(url, weights="other")
    latents = some_latents(8)
    assert np.array_equal(images(decoder, latents), draw(latents))  # all by the second
    first, other = decoder.servers()
    assert (first.state, other.state) == (ServerState.REFUSED, ServerState.READY)
    assert "weights other" in first.says
    assert decoder.info.batch == 4
    with pytest.raises(ValueError, match=r"weights other.*weights f1a7\) would be right"):
        images(alone, latents)
    servers.kill(url)
    servers.start(url)
    assert np.array_equal(images(alone, latents), draw(latents))  # as soon as it is right again


def test_one_that_is_too_slow_is_said_and_another_one_is_asked(servers: Servers, kind: RemoteKind) -> None:
    slow, quick = servers.start(seconds=60), servers.start()
    decoder = opened(kind, slow, timeout=1)
    began = time.monotonic()
    with pytest.raises(OSError, match="gave no answer within 1 s"):
        images(decoder, some_latents(1))
    assert time.monotonic() - began < 8
    both = opened(kind, slow, quick, timeout=1)
    assert np.array_equal(images(both, some_latents(4)), draw(some_latents(4)))


def test_what_is_cancelled_here_is_cancelled_there(
    servers: Servers, kind: RemoteKind, pool: ThreadPoolExecutor
) -> None:
    url = servers.start(seconds=60)
    decoder, progress = opened(kind, url), Leaving()
    drawing = pool.submit(decoder.decode, some_latents(4), PROMPT, {"size": SIZE}, context=progress)
    time.sleep(0.3)
    progress.left.set()
    with pytest.raises(Cancelled):
        drawing.result(5)
    os.kill(servers.running[url].pid, signal.SIGTERM)  # ends at once where nothing is being drawn
    assert servers.running[url].wait(5) is not None


def test_a_server_that_is_stopped_finishes_what_it_draws(
    servers: Servers, kind: RemoteKind, pool: ThreadPoolExecutor
) -> None:
    url = servers.start(seconds=0.5)
    decoder = opened(kind, url)
    drawing = pool.submit(images, decoder, some_latents(4))
    time.sleep(0.2)
    servers.running[url].send_signal(signal.SIGTERM)
    assert np.array_equal(drawing.result(10), draw(some_latents(4)))
    servers.running[url].wait(10)
    assert not answers(url)


def test_steps_and_previews_of_a_server_are_heard_while_it_draws(servers: Servers, kind: RemoteKind) -> None:
    url = servers.start(seconds=1.2)
    decoder, progress = opened(kind, url), Leaving()
    latents = some_latents(5)  # four together and one, whichever comes first
    drawn = decoder.decode(latents, PROMPT, {"size": SIZE}, context=progress)
    assert np.array_equal(drawn, draw(latents))
    assert f"Step 1 of 2 at {url}" in progress.messages
    assert progress.messages[-1] == f"Image 5 of 5 from {url}"
    assert progress.fractions == sorted(progress.fractions)
    assert {0.4, 0.6} & set(progress.fractions)  # half of the four
    assert {first for first, _ in progress.previews} == {0, 4}
    for first, images in progress.previews:
        grey = half_done(latents)[first : first + len(images)]
        assert np.abs(images.astype(int) - grey).max() < 8  # JPEG


def test_two_clients_at_once_get_their_own_images(servers: Servers, pool: ThreadPoolExecutor) -> None:
    url = servers.start(seconds=0.05)
    decoders = [opened(RemoteKind(), url) for _ in range(3)]
    latents = [some_latents(5, seed) for seed in range(3)]
    drawn: list[Future[NDArray[np.uint8]]] = [
        pool.submit(images, decoder, own) for decoder, own in zip(decoders, latents, strict=True)
    ]
    for future, own in zip(drawn, latents, strict=True):
        assert np.array_equal(future.result(20), draw(own))


def test_a_full_queue_is_waited_for(servers: Servers, kind: RemoteKind, pool: ThreadPoolExecutor) -> None:
    url = servers.start(seconds=0.02)  # takes 32 images at a time
    decoders = [opened(RemoteKind(), url) for _ in range(6)]
    drawn = [pool.submit(images, decoder, some_latents(16)) for decoder in decoders]
    assert all(np.array_equal(future.result(20), draw(some_latents(16))) for future in drawn)


class Stranger(BaseHTTPRequestHandler):
    """Answers everything with the same page."""

    content = b"<html>a router</html>"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize(
    ("content", "right"),
    [
        (b"<html>a router</html>", "does not answer as an image server"),
        (bytes(2_000_000), "answered with more"),
    ],
)
def test_what_is_no_image_server_is_said(kind: RemoteKind, content: bytes, right: str) -> None:
    handler = type("Handler", (Stranger,), {"content": content})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as stranger:
        threading.Thread(target=stranger.serve_forever).start()
        with pytest.raises(ValueError, match=right):
            opened(kind, f"http://127.0.0.1:{stranger.server_address[1]}")
        stranger.shutdown()
