"""A diffusion model behind the server draws what it draws here."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from ipo.decoders.diffusion.decoder import DiffusionKind
from ipo.decoders.remote import array_npz, images_zip
from ipo.decoders.remote.description import parse_models
from ipo.decoders.settings import complete
from ipo.image_server.offered import OfferedDecoder
from ipo.image_server.routes import ImageService, application
from ipo.image_server.serve import draw_first
from ipo.jobs import SILENT
from tests.support.tiny_pipelines import save_sd_turbo

SIZE = 32


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "turbo"
    save_sd_turbo(folder)
    return folder


def test_images_are_the_same_and_no_client_names_a_model(model: Path, tmp_path: Path) -> None:
    kind = DiffusionKind()
    offered = OfferedDecoder(tmp_path, kind, [f"model={model}"], ["negative_prompt"])
    draw_first(offered, SIZE)
    service = ImageService(offered)
    client = TestClient(application(service, ""), base_url="http://127.0.0.1")

    local = kind.open(tmp_path, complete(kind.settings, {"model": str(model)}))
    shape = local.info.latent_shape(SIZE)
    latents = np.random.default_rng(0).standard_normal((1, *shape), np.float32)

    def send(**settings: Any) -> Any:
        fields = {"prompt": "a red fox", "settings": json.dumps({"size": SIZE, **settings})}
        return client.post("/decode", files={"latents": array_npz.write("latents", latents)}, data=fields)

    for chosen in ({}, {"steps": 2, "scheduler": "ddim"}, {"guidance": 2.0, "negative_prompt": "snow"}):
        here = local.decode(latents, "a red fox", {"size": SIZE, **chosen}, context=SILENT)
        images, about = images_zip.read(send(**chosen).content, 1, SIZE)
        assert np.array_equal(images, here)
        assert about["decoder"]["weights_hash"] == local.info.weights_hash
    said = parse_models(client.get(f"/models?size={SIZE}").content)
    assert said.identity.weights_hash == local.info.weights_hash
    names = {one.name for one in said.settings}
    assert {"steps", "guidance", "negative_prompt"} <= names
    assert not names & {"model", "revision", "device", "cpu_offload"}
    for name in ("model", "revision"):
        assert send(**{name: "/etc"}).status_code == 422
    assert "Steps is 0" in send(steps=0).json()["error"]
    service.queue.stop()
