"""Points, images and what is known of each come by address, and stay in the browser for ever."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ipo.api.addresses import digits_address
from ipo.digits.training.checkpoint_summary import config_for
from ipo.digits.training.predicting import predict
from ipo.digits.training.trainer import InteractiveTrainer
from ipo.services.workspace import Workspace
from tests.support.digits_door import SET, MapTab, OpenDigits
from tests.unit.digits.small import COUNT, digits, images

OTHER = "0123456789abcdef"


def pixels(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png))
    assert image.mode == "L"
    return np.asarray(image)


def test_points_are_bytes_that_stay(map_tab: MapTab) -> None:
    answer = map_tab.get(f"points/{map_tab.post()['points']}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    assert len(answer.content) == 8 + COUNT * (8 + 4 + 2)
    assert np.frombuffer(answer.content, "<u4", 2).tolist() == [COUNT, 10]


def test_thumbnails_lie_in_the_order_of_the_points(map_tab: MapTab) -> None:
    version = map_tab.post()["points"]
    order = np.frombuffer(map_tab.get(f"points/{version}").content, "<u4", COUNT, 8 + 8 * COUNT)
    tile = pixels(map_tab.get(f"thumbnails/{version}/0.png").content)
    assert tile.shape == (16 * 8, 16 * 8)
    assert (tile[8:16, 16:24] == images()[order[18]]).all()
    assert map_tab.get(f"thumbnails/{version}/1.png").status_code == 404


def test_an_image_comes_at_its_true_brightness_and_size(opened: OpenDigits, map_tab: MapTab) -> None:
    view = map_tab.post()
    answer = map_tab.get(f"images/{view['data']['sha']}/7.png")
    assert (pixels(answer.content) == images()[7]).all() and "immutable" in answer.headers["cache-control"]
    reconstruction = pixels(map_tab.get(f"reconstructions/{view['points']}/7.png").content)
    predictions = opened.service.digits.predictions
    assert predictions is not None and (reconstruction == predictions.reconstruction[7]).all()


def test_details_are_what_the_model_says_of_one_image(opened: OpenDigits, map_tab: MapTab) -> None:
    details = map_tab.get(f"details/{map_tab.post()['points']}/5").json()
    predictions = opened.service.digits.predictions
    assert predictions is not None
    assert details["row"] == 5 and details["predicted"] == predictions.label[5]
    assert details["certainty"] == pytest.approx(float(predictions.certainty[5]))
    assert details["probabilities"] == pytest.approx(predictions.probabilities[5].tolist())
    distances = np.linalg.norm(predictions.latent - predictions.latent[5], axis=1)
    near = details["neighbours"]
    assert [one["row"] for one in near] == np.argsort(distances)[1:9].tolist()
    assert near[0]["distance"] == pytest.approx(float(distances[near[0]["row"]]), rel=1e-4)


def test_truth_comes_where_the_set_says_it(map_tab: MapTab) -> None:
    content = map_tab.get(f"truth/{map_tab.post()['data']['sha']}").content
    assert np.frombuffer(content, np.uint8).tolist() == digits()[1][:COUNT].tolist()


def test_a_set_that_does_not_say_what_it_shows_has_no_truth(opened: OpenDigits, map_tab: MapTab) -> None:
    np.savez(opened.home / "datasets" / "images" / f"{SET}.npz", images=images())
    opened.restart()
    view = map_tab.post()
    answer = map_tab.get(f"truth/{view['data']['sha']}")
    assert not view["data"]["truth"] and answer.status_code == 404 and "does not say" in answer.text


def test_labels_are_never_kept(map_tab: MapTab) -> None:
    map_tab.does("label", [2], 3)
    view = map_tab.post()
    answer = map_tab.get("labels")
    assert answer.headers["cache-control"] == "no-store"
    assert np.frombuffer(answer.content, "<u4", 2).tolist() == [view["labels"]["version"], COUNT]
    assert np.frombuffer(answer.content, np.int8, COUNT, 8).tolist()[:4] == [-1, -1, 3, -1]


@pytest.mark.parametrize(
    "path", ["points/{}", "thumbnails/{}/0.png", "reconstructions/{}/1.png", "details/{}/1"]
)
def test_what_belongs_to_an_older_map_is_404_with_a_sentence(
    opened: OpenDigits, map_tab: MapTab, path: str
) -> None:
    old = map_tab.post()["points"]
    assert map_tab.get(path.format(old)).status_code == 200
    opened.service.digits._adopt(
        predict(InteractiveTrainer(config_for(opened.service.digits.data)), images())
    )
    assert map_tab.post()["points"] != old
    answer = map_tab.get(path.format(old))
    assert answer.status_code == 404 and answer.text.endswith(".")


@pytest.mark.parametrize(
    "path",
    ["images/{}/120.png", "images/{}/-1.png", "images/{}/x.png", f"images/{OTHER}/1.png", f"truth/{OTHER}"],
)
def test_what_is_not_there_is_404(map_tab: MapTab, path: str) -> None:
    assert map_tab.get(path.format(map_tab.post()["data"]["sha"])).status_code == 404


def test_images_that_are_not_open_are_404(map_tab: MapTab) -> None:
    answer = map_tab.door.get(f"/{digits_address('/somewhere/else.npz')}/labels")
    assert answer.status_code == 404 and "not open here" in answer.text


def test_a_server_whose_pages_show_no_digits_starts_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.open_digits("mnist") is None and workspace._digits_services is None
    service = workspace.digits_services.service("mnist")
    assert workspace.open_digits("mnist") is service and workspace.open_digits("other") is None
    workspace.background.shutdown()
