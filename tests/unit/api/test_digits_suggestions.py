"""What to label next comes in the background, loses what was labelled, and is ranked anew when it is due."""

from typing import Any

import numpy as np
import pytest

from background import Lane
from ipo.digits.acquisition import ranking
from tests.support.digits_door import MapTab, OpenDigits
from tests.support.lanes import held
from tests.unit.digits.small import COUNT, images


def suggested(opened: OpenDigits, tab: MapTab) -> Any:
    """What is suggested once nothing is under way."""
    tab.post()
    opened.drain()
    return tab.post()["suggestions"]


def rows(suggestions: Any) -> list[int]:
    return [item["row"] for item in suggestions["items"]]


def ranked(opened: OpenDigits) -> int:
    """How often it was ranked."""
    return len([job for job in opened.background.jobs(Lane.CV) if job.label == "rank what to label next"])


def test_twelve_images_come_in_the_background_each_with_a_reason(opened: OpenDigits, map_tab: MapTab) -> None:
    with held(opened.background, Lane.CV):
        waiting = map_tab.post()["suggestions"]
        assert (waiting["version"], waiting["running"], waiting["items"]) == (None, True, [])
    first = suggested(opened, map_tab)
    assert (
        first["chosen"] == "auto" and first["strategy"] == "typical" and "Nothing is labelled" in first["why"]
    )
    assert len(set(rows(first))) == 12 and not first["running"] and first["error"] == ""
    assert all(item["reason"] and item["score"] > 0 for item in first["items"])
    assert not set(rows(first)) & set(opened.service.digits.held_out.tolist())
    assert map_tab.view["strategies"][0] == "auto" and "hybrid" in map_tab.view["strategies"]


def test_what_is_labelled_falls_out_at_once_and_comes_back_by_undo(
    opened: OpenDigits, map_tab: MapTab
) -> None:
    before = suggested(opened, map_tab)
    map_tab.does("label", rows(before)[:2], 1)
    after = map_tab.post()["suggestions"]
    assert rows(after) == rows(before)[2:] and after["version"] == before["version"]
    map_tab.does("undo")
    assert rows(map_tab.post()["suggestions"]) == rows(before)
    assert ranked(opened) == 1


def test_unsure_images_are_never_suggested_again(opened: OpenDigits, map_tab: MapTab) -> None:
    unsure: list[int] = []
    for _ in range(3):
        found = rows(suggested(opened, map_tab))
        assert not set(found) & set(unsure)
        unsure += found
        map_tab.does("unsure", found)
    assert map_tab.post()["suggestions"]["error"] == ""


def test_once_half_of_them_are_labelled_there_are_new_ones(opened: OpenDigits, map_tab: MapTab) -> None:
    before = suggested(opened, map_tab)
    map_tab.does("label", rows(before)[:6], 1)
    meanwhile = map_tab.post()["suggestions"]
    assert rows(meanwhile) == rows(before)[6:] or not meanwhile["running"]
    after = suggested(opened, map_tab)
    assert len(rows(after)) == 12 and not set(rows(after)) & set(rows(before)[:6])


def test_many_other_labels_and_another_map_are_ranked_anew(opened: OpenDigits, map_tab: MapTab) -> None:
    suggested(opened, map_tab)
    others = [row for row in range(COUNT) if row not in rows(map_tab.view["suggestions"])]
    map_tab.does("label", others[:9], 1)
    suggested(opened, map_tab)
    assert ranked(opened) == 1
    map_tab.does("label", others[9:10], 1)
    suggested(opened, map_tab)
    assert ranked(opened) == 2
    digits = opened.service.digits
    predictions = digits.predictions
    assert predictions is not None
    digits._adopt(predictions)
    suggested(opened, map_tab)
    assert ranked(opened) == 3


def test_once_every_class_is_known_another_strategy_is_the_default(
    opened: OpenDigits, map_tab: MapTab
) -> None:
    suggested(opened, map_tab)
    for label in range(10):
        map_tab.does("label", [label * 3, label * 3 + 1, label * 3 + 2], label)
    assert suggested(opened, map_tab)["strategy"] == "hybrid"


@pytest.mark.parametrize("strategy", ["typical", "entropy", "margin", "bald", "core_set", "hybrid"])
def test_a_strategy_is_chosen_for_all_tabs_with_scores_of_every_candidate(
    opened: OpenDigits, map_tab: MapTab, strategy: str
) -> None:
    other = MapTab(map_tab.door, "other")
    map_tab.does("label", [1, 2], 1)
    map_tab.does("strategy", name=strategy)
    map_tab.post()
    assert map_tab.acknowledged == 1
    found = suggested(opened, other)
    assert found["chosen"] == strategy == found["strategy"] and len(rows(found)) == 12
    answer = map_tab.get(f"scores/{found['version']}")
    scores = np.frombuffer(answer.content, np.uint8)
    assert "immutable" in answer.headers["cache-control"] and len(scores) == COUNT
    assert not scores[[1, 2]].any() and not scores[opened.service.digits.held_out].any()
    assert (scores[rows(found)] > 0).all()
    assert map_tab.get("scores/0123456789abcdef").status_code == 404
    other.does("strategy", name="auto")
    assert suggested(opened, other)["chosen"] == "auto"


def test_a_strategy_that_does_not_exist_changes_nothing(opened: OpenDigits, map_tab: MapTab) -> None:
    map_tab.does("strategy", name="guess")
    map_tab.does("strategy")
    map_tab.does("label", [1], 1)
    assert map_tab.post()["suggestions"]["chosen"] == "auto" and opened.on_disk() == {1: 1}


def test_a_strategy_chosen_while_another_is_ranked_takes_its_place(
    opened: OpenDigits, map_tab: MapTab
) -> None:
    with held(opened.background, Lane.CV):
        map_tab.post()
        for name in ("margin", "auto", "entropy"):
            map_tab.does("strategy", name=name)
            map_tab.post()
    assert suggested(opened, map_tab)["strategy"] == "entropy"
    assert len([job for job in opened.background.jobs(Lane.CV) if job.status == "ok"]) == 2  # with the hold


def test_a_ranking_that_was_cancelled_for_another_comes_back_when_it_is_wanted_again(
    opened: OpenDigits, map_tab: MapTab
) -> None:
    with held(opened.background, Lane.CV):
        map_tab.post()
        for name in ("margin", "auto"):
            map_tab.does("strategy", name=name)
            map_tab.post()
    found = suggested(opened, map_tab)
    assert found["error"] == "" and suggested(opened, map_tab)["strategy"] == "typical"


def test_what_went_wrong_is_said_and_tried_again(
    opened: OpenDigits, map_tab: MapTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(ranking, "suggest", fail)
        found = suggested(opened, map_tab)
        assert "Memory ran out" in found["error"] and found["items"] == [] and not found["running"]
    map_tab.post(retry=True)
    assert len(rows(suggested(opened, map_tab))) == 12


def test_ten_images_of_one_class_are_suggested_to_the_last(opened: OpenDigits, map_tab: MapTab) -> None:
    source = opened.home / "datasets" / "images"
    np.savez(source / "small digits.npz", images=np.repeat(images()[:1], 10, axis=0))
    opened.folder.checkpoint.unlink()
    opened.folder.predictions.unlink()
    (opened.folder.path / "images.json").unlink(missing_ok=True)
    opened.restart()
    left = rows(suggested(opened, map_tab))
    seen = set()
    while left:
        seen |= set(left)
        map_tab.does("label", left[:1], 0)
        left = rows(suggested(opened, map_tab))
    assert len(seen) == 10 - len(opened.service.digits.held_out)
    assert map_tab.view["suggestions"]["error"] == ""


def test_images_that_the_model_says_nothing_of_are_not_suggested(opened: OpenDigits, map_tab: MapTab) -> None:
    predictions = opened.service.digits.predictions
    assert predictions is not None
    for array in (predictions.features, predictions.probabilities, predictions.latent):
        array.setflags(write=True)
        array[: COUNT // 2] = np.nan
    for name in ("hybrid", "core_set", "entropy", "typical"):
        map_tab.does("strategy", name=name)
        found = suggested(opened, map_tab)
        assert found["error"] == "" and min(rows(found)) >= COUNT // 2
