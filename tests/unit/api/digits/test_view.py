"""The view of a map says how it stands, also where something is missing, and what changed since."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import numpy as np
import pytest

from ipo.api.addresses import digits_versions_address
from ipo.digits.worker import work
from tests.support.digits_door import SET, MapTab, OpenDigits
from tests.support.door import Served, served
from tests.unit.digits.small import COUNT


def test_the_view_names_the_data_and_its_versions(opened: OpenDigits, map_tab: MapTab) -> None:
    view = map_tab.post()
    assert view["opened"] and view["error"] == "" and not view["predicting"]
    data = opened.service.digits.data
    assert view["data"] == {
        "name": SET,
        "sha": data.sha256[:16],
        "count": COUNT,
        "height": 8,
        "width": 8,
        "classes": list("0123456789"),
        "truth": True,
    }
    assert view["training"] == {"state": "idle", "fraction": 0, "text": "", "busy": False}
    assert "has not learnt yet" in view["notice"] and len(view["points"]) == 16


def test_a_set_that_is_not_read_yet_or_cannot_be_says_so(opened: OpenDigits, map_tab: MapTab) -> None:
    opened.restart(opened=False)
    view = map_tab.post()
    assert (view["opened"], view["data"], view["points"], view["labels"]["version"]) == (False, *[None] * 3)
    (opened.home / "datasets" / "images" / f"{SET}.npz").unlink()
    with pytest.raises(Exception, match="no images named"):
        opened.service.digits.open()
    assert "no images named" in map_tab.post()["error"]
    assert map_tab.get("labels").status_code == 404


def test_before_images_are_predicted_there_are_labels_and_no_points(
    opened: OpenDigits, map_tab: MapTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        begun.set()
        go_on.wait(10)
        raise OSError("the disk is gone")

    monkeypatch.setattr(work, "update_predictions", wait)
    opened.folder.predictions.unlink()
    opened.restart(opened=False)
    opened.service.look()
    opened.drain()
    opened.service.show_map()
    assert begun.wait(10)
    map_tab.does("label", [1], 1)
    view = map_tab.post()
    assert view["opened"] and view["predicting"] and view["points"] is None
    assert map_tab.codes[1] == 1 and "predicted" in view["notice"]
    assert map_tab.get("details/0123456789abcdef/1").status_code == 404
    go_on.set()
    opened.drain()
    assert "the disk is gone" in map_tab.post()["error"]


def test_a_map_of_an_older_model_says_so(opened: OpenDigits, map_tab: MapTab) -> None:
    digits = opened.service.digits
    digits.train(1)
    assert map_tab.post()["notice"] == "The map is of epoch 0; the model has learnt 1."
    digits.predict()
    assert map_tab.post()["notice"] == ""
    assert digits.predictions is not None
    digits._adopt(replace(digits.predictions, step=1, epoch=0))
    assert map_tab.post()["notice"] == "The map is of epoch 0; the model has learnt 1."


def test_one_label_answers_with_little_and_a_known_version_with_nothing(map_tab: MapTab) -> None:
    map_tab.post()
    map_tab.does("label", [1], 1)
    answer = map_tab.answer()
    assert len(answer.content) <= 2048
    map_tab.post()
    assert map_tab.post()["labels"]["changes"] == {"rows": [], "codes": []}


def test_changes_since_an_unknown_version_are_read_as_a_whole(opened: OpenDigits, map_tab: MapTab) -> None:
    map_tab.does("label", list(range(100)), 1)
    map_tab.post()
    assert map_tab.view["labels"]["changes"] is None and sum(map_tab.codes.values()) == 80
    known = map_tab.known
    opened.restart()
    view = map_tab.post()
    assert view["labels"]["version"] == known and view["labels"]["changes"] == {"rows": [], "codes": []}
    map_tab.does("clear", list(range(100)))
    assert map_tab.post()["labels"]["changes"] is None  # they are more than all labels
    assert set(map_tab.codes.values()) == {-1}


def test_undo_leads_back_to_the_version_before(opened: OpenDigits, map_tab: MapTab) -> None:
    map_tab.post()
    opened.drain()  # suggestions
    before = map_tab.post()
    map_tab.does("label", [1], 1)
    labelled = map_tab.post()
    map_tab.does("undo")
    after = map_tab.post()
    assert before["labels"]["version"] == after["labels"]["version"] != labelled["labels"]["version"]
    assert before["version"] != labelled["version"]
    assert after["labels"]["changes"] == {"rows": [1], "codes": [-1]}


def test_numbers_that_are_not_finite_and_one_class_are_no_error(opened: OpenDigits, map_tab: MapTab) -> None:
    predictions = opened.service.digits.predictions
    assert predictions is not None
    for array in (predictions.latent, predictions.probabilities, predictions.places):
        array.setflags(write=True)
        array[3] = np.nan
    map_tab.does("label", list(range(10)), 1)
    version = map_tab.post()["points"]
    details = map_tab.get(f"details/{version}/3").json()
    assert details == {
        "row": 3,
        "predicted": None,
        "certainty": None,
        "probabilities": [None] * 10,
        "neighbours": [],
    }
    others = map_tab.get(f"details/{version}/4").json()["neighbours"]
    assert len(others) == 8 and 3 not in [neighbour["row"] for neighbour in others]


@pytest.fixture
def door(opened: OpenDigits) -> Iterator[Served]:
    with served(opened) as door:
        yield door


def test_the_stream_says_another_number_after_a_label(opened: OpenDigits, door: Served) -> None:
    with (
        httpx.Client(timeout=10) as client,
        client.stream("GET", f"{door.url}/{digits_versions_address(SET)}") as answer,
    ):
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        first = next(lines)
        opened.service.digits.labels.label([1], 1)
        opened.changes.notify()
        assert next(lines) != first


def test_a_file_that_another_program_wrote_is_followed_whole_and_named_while_it_is_damaged(
    opened: OpenDigits, door: Served, map_tab: MapTab
) -> None:
    path = opened.folder.path / "labels.csv"
    map_tab.post()
    opened.drain()
    with (
        httpx.Client(timeout=10) as client,
        client.stream("GET", f"{door.url}/{digits_versions_address(SET)}") as answer,
    ):
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        next(lines)
        path.write_text("Serial,label\n4,4\n")
        next(lines)
        assert map_tab.post()["labels"]["changes"] == {"rows": [4], "codes": [4]}
        path.write_text("Serial,label\n4,four\n")
        next(lines)
        assert "labels.csv, line 2" in map_tab.post()["error"] and map_tab.codes[4] == 4
        path.write_text("Serial,label\n5,5\n")
        next(lines)
        assert map_tab.post()["error"] == "" and (map_tab.codes[4], map_tab.codes[5]) == (-1, 5)


def test_the_words_of_a_training_are_no_other_version(opened: OpenDigits, map_tab: MapTab) -> None:
    digits = opened.service.digits
    map_tab.post()
    opened.drain()  # suggestions
    digits.hear_progress(0.101, "Epoch 1: loss 3")
    one = map_tab.post()
    digits.hear_progress(0.102, "Epoch 1: loss 2")
    other = map_tab.post()
    assert one["version"] == other["version"] and json.dumps(one) != json.dumps(other)
    digits.hear_progress(0.2, "Epoch 1: loss 2")
    assert map_tab.post()["version"] != one["version"]
