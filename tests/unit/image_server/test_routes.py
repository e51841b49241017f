"""Promises of the image server: everybody gets their own images, and nobody more than their share."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

from ipo.decoders.remote import array_npz, images_zip
from ipo.decoders.remote.description import Identity, parse_models
from ipo.decoders.remote.progress import parse_progress
from ipo.image_server.limits import Limits
from ipo.image_server.offered import OfferedDecoder
from ipo.image_server.routes import ImageService, application
from ipo.images import decode_jpeg, decode_png
from tests.support.served_decoder import FATAL, PROMPT, SIZE, TOKEN, ServedKind, draw, half_done, some_latents
from tests.support.waiting import eventually

LIMITS = Limits(
    body_bytes=100_000,
    latent_bytes=50_000,
    side=64,
    images=8,
    pixels=6 * 64 * 64,
    waiting_images=12,
    prompt=100,
)
LATENTS = some_latents(3)


class Door:
    """A server with one decoder, and a client with the token."""

    def __init__(self, **choices: Any) -> None:
        self.kind = ServedKind()
        self.service = ImageService(OfferedDecoder(Path(), self.kind, **choices), LIMITS)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.client = TestClient(
            application(self.service, TOKEN), headers=headers, raise_server_exceptions=False
        )

    def send(
        self,
        latents: NDArray[np.float32] | bytes = LATENTS,
        prompt: str = PROMPT,
        request_id: str = "",
        **settings: Any,
    ) -> Any:
        content = latents if isinstance(latents, bytes) else array_npz.write("latents", latents)
        fields = {"prompt": prompt, "settings": json.dumps({"size": SIZE, **settings}), "id": request_id}
        return self.client.post("/decode", files={"latents": content}, data=fields)

    def images(self, count: int, **more: Any) -> NDArray[np.uint8]:
        answer = self.send(some_latents(count), **more)
        assert answer.status_code == 200, answer.text
        return images_zip.read(answer.content, count, SIZE)[0]


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.kind.gate.set()
    door.service.queue.stop()


def said(answer: Any) -> str:
    return str(answer.json()["error"])


def test_images_are_those_that_the_decoder_draws_here(door: Door) -> None:
    answer = door.send(steps=5, tint="inverse")
    images, about = images_zip.read(answer.content, 3, SIZE)
    assert np.array_equal(images, draw(LATENTS, steps=5, tint="inverse"))
    assert about["decoder"] == {"name": "served", "version": "1", "weights_hash": "f1a7"}
    assert about["settings"] == {
        "size": SIZE,
        "steps": 5,
        "tint": "inverse",
        "negative": "",
        "device": "auto",
    }


def test_images_may_be_had_as_a_png_or_as_they_are(door: Door) -> None:
    door.client.headers["Accept"] = "image/png"
    assert np.array_equal(decode_png(door.send(LATENTS[:1]).content), draw(LATENTS[:1])[0])
    assert (refused := door.send()).status_code == 422
    assert "application/zip would be right" in said(refused)
    door.client.headers["Accept"] = array_npz.MEDIA_TYPE
    pixels = array_npz.read(door.send().content, "images", np.uint8, 10_000)
    assert np.array_equal(pixels, draw(LATENTS))


def test_a_server_says_what_it_draws_with_and_what_may_be_chosen(door: Door) -> None:
    model = parse_models(door.client.get(f"/models?size={SIZE}&size=20").content)
    assert model.identity == Identity("served", "1", "f1a7")
    assert [one.setting() for one in model.settings] == list(ServedKind.settings[:2])
    assert model.latent_shapes == {"16": (4, 2, 2)}
    assert "multiple of 8" in model.impossible_sizes["20"]
    assert (model.batch, model.device, model.seconds_per_image) == (4, "test device", None)
    door.images(2)
    assert parse_models(door.client.get("/models").content).seconds_per_image is not None
    assert door.client.get("/models?size=-1").status_code == 422


def test_what_the_server_chose_clients_do_not_choose() -> None:
    door = Door(assignments=["steps=7", "device=cuda"], allowed=["negative"])
    assert np.array_equal(door.images(2, negative="fog"), draw(some_latents(2), steps=7))
    assert said(door.send(steps=2)) == "steps is set by the server; leave it out."
    assert said(door.send(device="cpu")) == "device is set by the server; leave it out."
    assert door.service.offered.identity.version == "1; steps=7"  # rows tell such images apart
    door.service.queue.stop()


@pytest.mark.parametrize(
    ("choices", "right"),
    [
        ({"assignments": ["steps=0"]}, "from 1 to 50"),
        ({"assignments": ["step=2"]}, "steps or tint or negative or device would be right"),
        ({"assignments": ["steps"]}, "name=value would be right"),
        ({"allowed": ["device"]}, "steps or tint or negative would be right"),
        ({"assignments": ["negative=fog"], "allowed": ["negative"]}, "one of both would be right"),
    ],
)
def test_a_server_is_not_started_with_settings_that_are_not_right(choices: Any, right: str) -> None:
    with pytest.raises(ValueError, match=right):
        OfferedDecoder(Path(), ServedKind(), **choices)


@pytest.mark.parametrize("path", ["/models", "/decode", "/nowhere"])
def test_nobody_gets_in_without_the_token(door: Door, path: str) -> None:
    for header in ("", "Bearer wrong", TOKEN, f"Bearer {TOKEN}x", "Bearer "):
        answer = door.client.request("POST", path, headers={"Authorization": header})
        assert (answer.status_code, "bearer token" in said(answer)) == (401, True)
    assert door.kind.batches == []


def test_without_a_token_no_page_in_a_browser_is_answered() -> None:
    service = ImageService(OfferedDecoder(Path(), ServedKind()), LIMITS)
    client = TestClient(application(service, ""), base_url="http://127.0.0.1:8766")
    assert client.get("/models").status_code == 200
    assert client.get("/models", headers={"Host": "localhost"}).status_code == 200
    assert client.get("/models", headers={"Host": "[::1]:8766"}).status_code == 200
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "http://127.0.0.1:8766"},
        {"Host": "127.0.0.1.evil.example"},
    ):
        assert client.get("/models", headers=headers).status_code == 403
    service.queue.stop()


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npy_header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def several_arrays() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, latents=LATENTS, more=LATENTS)
    return buffer.getvalue()


BOMB = zipped("latents.npy", npy_header((10**5, 4, 2, 2)) + bytes(6_400_000))
LONG_LIST = io.BytesIO()
with zipfile.ZipFile(LONG_LIST, "w") as _archive:
    for _number in range(900):
        _archive.writestr(f"{_number}", b"")


@pytest.mark.parametrize(
    ("content", "status", "right"),
    [
        (lambda: b"no zip", 422, "no npz"),
        (lambda: array_npz.write("latents", LATENTS)[:-30], 422, "no npz"),
        (lambda: array_npz.write("latents", LATENTS) + b"x", 422, "no npz"),
        (several_arrays, 422, "latents.npy alone is right"),
        (lambda: zipped("../latents.npy", npy(LATENTS)), 422, "latents.npy alone is right"),
        (LONG_LIST.getvalue, 422, "lists many files"),
        (lambda: zipped("latents.npy", pickle.dumps(LATENTS)), 422, "no sound npy"),
        (
            lambda: zipped("latents.npy", npy(np.array([LATENTS, None], object))),
            422,
            "float32 would be right",
        ),
        (lambda: zipped("latents.npy", npy(LATENTS.astype(np.float64))), 422, "float32 would be right"),
        (lambda: zipped("latents.npy", npy(LATENTS)[:-4]), 422, "end early"),
        (lambda: zipped("latents.npy", npy(LATENTS) + b"1234"), 422, "too late"),
        (lambda: zipped("latents.npy", npy(np.asfortranarray(LATENTS))), 422, "in rows"),
        (lambda: zipped("latents.npy", npy_header((-1, 4, 2, 2))), 422, "in rows"),
        (lambda: BOMB, 413, "Send fewer at once"),
        (lambda: zipped("latents.npy", npy_header((10**9, 10**9, 10**9, 4))), 413, "Send fewer at once"),
        (lambda: array_npz.write("latents", np.zeros((3, 4, 2, 3), np.float32)), 422, r"need (B, 4, 2, 2)"),
        (lambda: array_npz.write("latents", np.full((1, 4, 2, 2), np.nan, np.float32)), 422, "NaN or Inf"),
        (lambda: array_npz.write("latents", np.zeros((0, 4, 2, 2), np.float32)), 422, "1 to 8 at a time"),
        (lambda: array_npz.write("latents", np.zeros((9, 4, 2, 2), np.float32)), 422, "1 to 8 at a time"),
    ],
)
def test_latents_that_cannot_be_drawn_are_refused_in_a_sentence(
    door: Door, content: Callable[[], bytes], status: int, right: str
) -> None:
    answer = door.send(content())
    assert (answer.status_code, right in said(answer)) == (status, True), said(answer)
    assert door.kind.batches == []


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({"settings": "{"}, "settings is damaged"),
        ({"settings": "[" * 5000}, "settings is damaged"),
        ({"settings": "{}"}, "name no size"),
        ({"settings": '{"size": true}'}, "name no size"),
        ({"settings": '{"size": 20}'}, "multiple of 8"),
        ({"settings": '{"size": 72}'}, "1 to 64 pixels"),
        ({"settings": '{"size": 16, "steps": 99}'}, "from 1 to 50"),
        ({"settings": '{"size": 16, "steps": NaN}'}, "finite number"),
        ({"settings": '{"size": 16, "steps": 1' + "0" * 400 + "}"}, "from 1 to 50"),
        ({"settings": '{"size": 1' + "0" * 400 + "}"}, "1 to 64 pixels"),
        ({"settings": '{"size": 16, "model": "/etc"}'}, "steps or tint would be right"),
        ({"settings": '{"size": 16, "negative": "fog"}'}, "steps or tint would be right"),
        ({"settings": '{"size": 16, "tint": ["none"]}'}, "settings says"),
        ({"settings": '{"size": 16' + " " * 20_000 + "}"}, "maximum size"),
        ({"settings": '{"size": 16}', "prompt": "x" * 101}, "up to 100"),
        ({"settings": '{"size": 16}', "more": "x"}, "would be right"),
        ({"settings": '{"size": 16}', "expected": '{"name": "served"}'}, "expected has no version"),
    ],
)
def test_a_form_that_cannot_be_understood_is_refused_in_a_sentence(
    door: Door, fields: dict[str, str], right: str
) -> None:
    answer = door.client.post("/decode", files={"latents": array_npz.write("latents", LATENTS)}, data=fields)
    assert (answer.status_code, right in said(answer)) == (422, True), said(answer)
    assert door.kind.batches == []


def test_what_is_no_form_is_refused(door: Door) -> None:
    assert "multipart/form-data" in said(door.client.post("/decode", content=b"{}"))
    assert "no file “latents”" in said(door.client.post("/decode", data={"a": "b"}, files={"c": b"d"}))
    broken = door.client.post("/decode", content=b"{}", headers={"Content-Type": "multipart/form-data"})
    assert (broken.status_code, "would be right" in said(broken)) == (422, True)
    assert door.client.get("/decode").status_code == 405
    assert door.client.get("/nowhere").json()["error"] == "GET /nowhere: Not Found."


def test_a_body_beyond_the_bound_is_not_read(door: Door) -> None:
    assert door.send(bytes(200_000)).status_code == 413

    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="latents"; filename="a"\r\n\r\n'
        for _ in range(50):
            yield bytes(10_000)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = door.client.post("/decode", content=endless(), headers=headers)  # says no length
    assert (answer.status_code, "100,000 bytes" in said(answer)) == (413, True)


def test_pixels_are_bounded_too(door: Door) -> None:
    latents = np.zeros((7, 4, 8, 8), np.float32)
    assert "send 6" in said(door.send(latents, size=64))
    assert door.send(latents[:6], size=64).status_code == 200


def test_images_of_other_weights_are_refused(door: Door) -> None:
    fields = {"prompt": PROMPT, "settings": json.dumps({"size": SIZE})}
    for expected, status in ((Identity("served", "1", "f1a7"), 200), (Identity("served", "1", "other"), 409)):
        answer = door.client.post(
            "/decode",
            files={"latents": array_npz.write("latents", LATENTS)},
            data={**fields, "expected": expected.to_json()},
        )
        assert answer.status_code == status
    assert "(weights f1a7); served 1 (weights other) would be right" in said(answer)


def test_a_decoder_that_fails_is_said(door: Door) -> None:
    answer = door.send(np.full((1, 4, 2, 2), 1000, np.float32), prompt=FATAL)
    assert (answer.status_code, said(answer)[:16]) == (500, "Memory ran out. ")
    assert np.array_equal(door.images(1), draw(some_latents(1)))


def test_a_client_hears_how_far_its_request_is_and_no_other(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipo.decoders.previews.EVERY_SECONDS", 0.0)
    mine, address = "0" * 31 + "a", f"/progress/{'0' * 31}a"
    assert door.client.get(address).status_code == 404
    door.kind.gate.clear()
    with ThreadPoolExecutor() as pool, caplog.at_level("INFO", "ipo.image_server"):
        sending = pool.submit(door.send, request_id=mine)
        try:
            assert door.kind.begun.acquire(timeout=10)
            heard = eventually(
                lambda: (
                    (answer := door.client.get(address)).is_success
                    and len((one := parse_progress(answer.content)).previews) == 3
                    and one
                ),
                "previews",
            )
            assert (heard.fraction, heard.message) == (0.5, "Step 1 of 2")
            shown = np.stack([decode_jpeg(jpeg, 100) for _, jpeg in sorted(heard.images().items())])
            assert np.abs(shown.astype(int) - half_done(LATENTS)).max() < 8
            assert door.client.get("/progress/" + "0" * 32).status_code == 404
            assert door.client.get(address, headers={"Authorization": ""}).status_code == 401
            twice = door.send(request_id=mine)
            assert "under way already" in said(twice)
        finally:
            door.kind.gate.set()
        assert sending.result(10).status_code == 200
    assert door.client.get(address).status_code == 404
    assert door.send(request_id="../..").status_code == 422
    assert not any("progress" in record.getMessage() for record in caplog.records)


def test_each_request_is_one_line_of_the_log(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "ipo.image_server"):
        sent = len(door.send().content)
        door.client.get("/health")
        door.client.get("/models", headers={"Authorization": ""})
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "POST /decode client=testclient:50000 status=200 images=3 size=16 waited=" in lines[0]
    assert f"bytes={sent}" in lines[0]
    assert "GET /models" in lines[1]
    assert "status=401" in lines[1]
