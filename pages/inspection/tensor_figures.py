"""The figures of a step on the page."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ipo.ui.components.tensors.component import Figure, ScaleMode, described_together, draw, draw_live
from ipo.ui.inspection.step_figures import figures_of
from ipo.ui.runtime.process import workspace
from pages.inspection import state
from pages.inspection.state import Shown


def draw_tensors(keys: Sequence[str], *, key: str) -> None:
    """Draw those of these tensors that the step on view has, side by side."""
    draw_live_figures(partial(_figures, keys), key=key)


def _figures(keys: Sequence[str], shown: Shown) -> tuple[list[Figure], list[str]]:
    return ([], []) if shown.snapshot is None else figures_of(shown.session, shown.snapshot, keys)


def draw_live_figures(make: Callable[[Shown], tuple[Sequence[Figure], Sequence[str]]], *, key: str) -> None:
    """Draw the figures that `make` has of the step on view, with what it says of others below."""
    store = workspace().tensors

    def content(shown: Shown) -> dict[str, Any]:
        figures, says = make(shown)
        return {"figures": described_together(figures, store), "says": says}

    view = state.view()
    draw_live(view.live, state.live(content), followed=view.followed, on_follow=state.follow, key=key)


def draw_figures(figures: Sequence[Figure], *, key: str, scale_mode: ScaleMode = ScaleMode.GRID) -> None:
    draw(
        figures,
        store=workspace().tensors,
        followed=state.view().followed,
        on_follow=state.follow,
        key=key,
        scale_mode=scale_mode,
    )
