"""Tensors on the media server, and figures as the browser reads them."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit import runtime

from ipo.ui.components.tensors import component
from ipo.ui.components.tensors.component import (
    Followed,
    TensorId,
    TensorShelf,
    heatmap,
    images,
    neighbourhoods,
)

ID = TensorId("s", 3, "strength")


class Media:
    """Streamlit's media server as far as a shelf uses it: what lies in which slot."""

    def __init__(self) -> None:
        self.slots: dict[str, bytes] = {}
        self.added = 0

    def add(self, data: bytes, kind: str, slot: str) -> str:
        assert kind == "application/octet-stream"
        self.slots[slot] = data
        self.added += 1
        return f"/media/{hash(data)}.bin"


@pytest.fixture
def media(monkeypatch: pytest.MonkeyPatch) -> Media:
    media = Media()
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(media_file_mgr=media))
    return media


def test_a_tensor_is_encoded_and_placed_once(media: Media) -> None:
    shelf = TensorShelf()
    first = shelf.place(ID, np.ones((2, 2)))
    again = shelf.place(ID, np.zeros((2, 2)))  # not read: the id says that it is the same
    assert again == first
    assert media.added == 1
    other = shelf.place(replace(ID, step=4), np.zeros((2, 2)))
    assert other.address != first.address


def test_a_full_shelf_frees_the_oldest_and_takes_it_back_at_the_same_address(media: Media) -> None:
    shelf = TensorShelf(slots=2)
    first = shelf.place(ID, np.full(3, 0.0))
    for step in (4, 5):
        shelf.place(replace(ID, step=step), np.full(3, float(step)))
    assert len(media.slots) == 2
    assert shelf.place(ID, np.full(3, 0.0)) == first
    assert media.added == 4


def test_a_figure_travels_as_plain_json(media: Media) -> None:
    values = np.array([[np.nan, 1], [np.inf, -2]])
    said = json.loads(
        json.dumps(component.described(heatmap("Strength", values, ID), TensorShelf()), allow_nan=False)
    )
    assert said["key"] == "s/strength"
    assert (said["name"], said["kind"], said["step"]) == ("Strength", "heatmap", 3)
    expected = {"dtype": "f4", "shape": [2, 2], "low": -2, "high": 1, "nan": 1, "inf": 1}
    assert expected.items() <= said["tensor"].items()


def test_neighbourhoods_share_the_weights_of_another_figure(media: Media) -> None:
    shelf, weights = TensorShelf(), np.eye(4)
    weights_id = TensorId("s", 3, "encoder_weights")
    grid = component.described(component.weight_grid("w", weights, weights_id, shape=(2, 2)), shelf)
    near = component.described(
        neighbourhoods("n", [[1]] * 4, ID, weights=weights, weights_id=weights_id, shape=(2, 2)), shelf
    )
    assert near["weights"] == grid["tensor"]
    assert media.added == 2


def test_labels_travel_as_text(media: Media) -> None:
    figure = images("x", np.zeros((2, 2, 2)), ID, labels=np.array([7, 3]))
    assert component.described(figure, TensorShelf())["labels"] == ("7", "3")


def test_two_figures_beside_each_other_need_keys_of_their_own(media: Media) -> None:
    figures = [heatmap("a", np.zeros((2, 2)), ID), heatmap("b", np.zeros((2, 2)), replace(ID, step=4))]
    with pytest.raises(ValueError, match="are both s/strength: give them keys of their own"):
        component.draw(figures, shelf=TensorShelf(), followed=Followed(), on_follow=print, key="x")
