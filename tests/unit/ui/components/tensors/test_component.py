"""Figures as the browser reads them, and where their values lie."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ipo.services.inspector.tensor_store import TensorStore
from ipo.ui.components.tensors import component
from ipo.ui.components.tensors.component import Figure, Followed, TensorId, heatmap, images, neighbourhoods

ID = TensorId("s", 3, "strength")


def described(figure: Figure, store: TensorStore) -> dict[str, Any]:
    return component.described_together([figure], store)[0]


def test_a_figure_travels_as_plain_json_and_its_values_by_their_address() -> None:
    values, store = np.array([[np.nan, 1], [np.inf, -2]]), TensorStore()
    travelled = json.loads(json.dumps(described(heatmap("Strength", values, ID), store), allow_nan=False))
    assert travelled["key"] == "s/strength"
    assert (travelled["name"], travelled["kind"], travelled["step"]) == ("Strength", "heatmap", 3)
    expected = {"dtype": "f4", "shape": [2, 2], "low": -2, "high": 1, "nan": 1, "inf": 1}
    assert expected.items() <= travelled["tensor"].items()
    id_ = travelled["tensor"]["address"].rpartition("/")[2]
    assert store.get(id_) == values.astype("<f4").tobytes()


def test_an_address_is_of_the_values_whatever_step_they_are_of() -> None:
    store = TensorStore()

    def address(value: float, id_: TensorId) -> str:
        return str(described(heatmap("x", np.full((2, 2), value), id_), store)["tensor"]["address"])

    assert address(1, ID) == address(1, replace(ID, step=4))
    assert address(1, ID) != address(2, ID)  # a step that was taken again and gave others


def test_neighbourhoods_share_the_weights_of_another_figure() -> None:
    store, weights = TensorStore(), np.eye(4)
    weights_id = TensorId("s", 3, "encoder_weights")
    grid = described(component.weight_grid("w", weights, weights_id, shape=(2, 2)), store)
    near = described(
        neighbourhoods("n", [[1]] * 4, ID, weights=weights, weights_id=weights_id, shape=(2, 2)), store
    )
    assert near["weights"] == grid["tensor"]


def test_labels_travel_as_text() -> None:
    figure = images("x", np.zeros((2, 2, 2)), ID, labels=np.array([7, 3]))
    assert described(figure, TensorStore())["labels"] == ("7", "3")


def test_two_figures_beside_each_other_need_keys_of_their_own() -> None:
    figures = [heatmap("a", np.zeros((2, 2)), ID), heatmap("b", np.zeros((2, 2)), replace(ID, step=4))]
    with pytest.raises(ValueError, match="are both s/strength: give them keys of their own"):
        component.draw(figures, store=TensorStore(), followed=Followed(), on_follow=print, key="x")
