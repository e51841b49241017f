"""The drawing half of the latent map in a real browser: what pointers pick, what is drawn, what survives."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from tests.support.map_page import HEIGHT, WIDTH, MapPage, map_page

pytestmark = pytest.mark.e2e

RED, GREEN, BLUE = (220, 40, 40), (30, 160, 60), (40, 80, 220)
CROSS = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], float)  # far from each other on screen
# A driver that does not say its name counts as one with a GPU.
NAMELESS = """{
  const { getExtension } = WebGL2RenderingContext.prototype;
  WebGL2RenderingContext.prototype.getExtension = function (name) {
    return name === "WEBGL_debug_renderer_info" ? null : getExtension.call(this, name);
  };
}"""
NO_WEBGL = "HTMLCanvasElement.prototype.getContext = () => null;"


@pytest.fixture
def view(browser: Browser) -> Iterator[MapPage]:
    with map_page(browser) as page:
        yield page


def cloud(count: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(count, 2))


def inside(polygon: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which places a polygon winds round."""
    turns = np.zeros(len(places), int)
    x, y = places.T
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = (min(y0, y1) <= y) & (y < max(y0, y1)) & (x0 + (y - y0) * (x1 - x0) / (y1 - y0) > x)
            turns += np.where(crosses, 1 if y1 > y0 else -1, 0)
    return turns != 0


def on_screen(view: MapPage) -> NDArray[np.float64]:
    """The places of all points on screen, `(n, 2)`."""
    script = "[...view.points.xy].flatMap((x, at, xy) => at % 2 ? [] : [view.view.toScreen(x, xy[at + 1])])"
    return np.array(view.do(script))


def is_near(colour: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return max(abs(one - other) for one, other in zip(colour, wanted, strict=True)) <= 40


def has_ink_round(view: MapPage, row: int) -> bool:
    """Whether there is an outline round a point."""
    x, y = (round(value) for value in view.place(row))
    return bool(view.pixels()[y - 10 : y + 11, x - 10 : x + 11].max(axis=2).min() < 60)


def test_a_click_picks_the_nearest_point_and_a_click_on_nothing_clears(view: MapPage) -> None:
    view.show(CROSS)
    view.settle()
    x, y = view.place(1)
    view.page.mouse.click(x + 7, y - 7)
    view.page.mouse.click(x + 20, y)
    view.page.keyboard.down("Shift")
    view.page.mouse.click(*view.place(2))
    view.page.mouse.click(x + 20, y)
    assert view.selected() == [([1], "replace"), ([], "replace"), ([2], "toggle")]


@pytest.mark.parametrize("count", [20_000, 300])
def test_a_lasso_selects_exactly_what_it_goes_round(view: MapPage, count: int) -> None:
    view.show(cloud(count))
    view.settle()
    view.do("view.mode = 'lasso'")
    corners = [(200.0, 150.0), (700.0, 180.0), (480.0, 340.0), (650.0, 560.0), (260.0, 520.0), (400.0, 300.0)]
    view.drag(corners, steps=1)
    view.page.keyboard.down("Shift")
    view.drag([(x + 150, y) for x, y in corners], steps=1)
    view.page.keyboard.up("Shift")
    (rows, how), (more, then) = view.selected()
    assert (how, then) == ("replace", "add")
    assert rows == np.flatnonzero(inside(np.array(corners), on_screen(view))).tolist()
    assert more == np.flatnonzero(inside(np.add(corners, (150, 0)), on_screen(view))).tolist()


def test_polygons_that_cross_themselves_leave_the_map_or_go_along_its_grid(view: MapPage) -> None:
    places = cloud(5_000)
    places[:50] *= 40  # beyond the grid
    view.show(places)
    random = np.random.default_rng(1)
    polygons = [
        random.normal(size=(corners, 2)) * spread for corners in (3, 5, 30) for spread in (0.3, 2, 60)
    ]
    polygons.append(np.array([[-1, -1], [1, -1], [1, 1], [-1, 1.0]]))
    kept = np.array(places, "f4").astype(float)
    for polygon in polygons:
        rows = view.page.evaluate(
            "(polygon) => [...view.index.inPolygon(polygon, () => true)]", polygon.ravel().tolist()
        )
        assert rows == np.flatnonzero(inside(polygon, kept)).tolist()


def test_alt_and_shift_draw_outlines_while_a_drag_moves_the_map(view: MapPage) -> None:
    view.show(CROSS)
    view.settle()
    (left, top), (x, y) = view.place(3), view.place(0)
    view.page.keyboard.down("Alt")
    view.drag([(left - 20, top - 20), (x + 20, y + 20)])
    view.page.keyboard.up("Alt")
    view.page.keyboard.down("Shift")
    view.drag([(x - 30, y - 30), (x + 30, y - 30), (x, y + 40)])
    view.page.keyboard.down("Control")
    view.drag([(left - 30, top - 30), (left + 30, top - 30), (left, top + 40)])
    view.page.keyboard.up("Control")
    view.page.keyboard.up("Shift")
    assert view.selected() == [([0, 3], "replace"), ([0], "replace"), ([3], "add")]
    view.drag([(x, y), (x + 60, y + 30)])
    assert view.place(0) == pytest.approx((x + 60, y + 30), abs=0.01)
    assert len(view.selected()) == 3


def test_the_wheel_zooms_to_the_pointer_and_a_double_click_zooms_in(view: MapPage) -> None:
    view.show(CROSS)
    view.settle()
    before, span = view.place(1), view.do("view.camera.span")
    view.page.mouse.move(*before)
    view.page.mouse.wheel(0, -300)
    view.page.wait_for_function(f"view.camera.span < {span}")
    assert view.place(1) == pytest.approx(before, abs=1)
    view.page.mouse.dblclick(*before)
    view.settle()
    assert view.do("view.camera.span") < span / 2
    assert view.place(1) == pytest.approx(before, abs=1)
    assert view.do("told.views.at(-1)") == view.do("view.camera")


def test_two_fingers_zoom_and_move(browser: Browser) -> None:
    with map_page(browser, has_touch=True) as view:
        view.show(CROSS)
        view.settle()
        span = view.do("view.camera.span")
        session = view.page.context.new_cdp_session(view.page)

        def touch(kind: str, *fingers: tuple[float, float]) -> None:
            points = [{"x": x, "y": y, "id": id_} for id_, (x, y) in enumerate(fingers)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", (400, 350))
        touch("touchStart", (400, 350), (500, 350))
        for wide in range(10, 101, 10):
            touch("touchMove", (400 - wide, 350), (500 + wide, 350))
        touch("touchEnd")
        assert view.do("view.camera.span") == pytest.approx(span / 3, rel=0.02)
        assert view.selected() == []


def test_points_have_their_colours_and_muted_ones_are_almost_gone(view: MapPage) -> None:
    view.show(CROSS)
    view.colour([0, 1, 2, 255, 0], [RED, GREEN, BLUE], [1, 1, 1, 1, 0])
    view.settle()
    assert is_near(view.pixel(*view.place(0)), RED)
    assert is_near(view.pixel(*view.place(1)), GREEN)
    assert is_near(view.pixel(*view.place(2)), BLUE)
    grey = view.pixel(*view.place(3))
    assert max(grey) - min(grey) < 20 and 120 < min(grey) < 230
    assert min(view.pixel(*view.place(4))) > 225
    view.page.mouse.click(*view.place(4))
    assert view.selected() == [([], "replace")]


def test_labelled_points_are_drawn_above_the_others(view: MapPage) -> None:
    places = np.zeros((200, 2))
    places[:3] = [[-1, 0], [1, 0], [0, 1]]
    view.show(places)
    for labelled in (7, 100, 199):
        index = [1 if row == labelled else 0 for row in range(200)]
        view.colour(index, [RED, GREEN], None)
        view.do(f"view.setLabelled(Uint8Array.from({index}))")
        assert is_near(view.pixel(*view.place(50)), GREEN)


def test_the_selection_survives_other_colours_zooming_and_new_places(view: MapPage) -> None:
    view.show(CROSS)
    view.do("view.setSelection(Uint32Array.of(1, 4))")
    view.colour([0] * 5, [RED], None)
    assert [has_ink_round(view, row) for row in range(5)] == [False, True, False, False, True]
    view.colour([1] * 5, [RED, GREEN], [0] * 5)  # muted, and still outlined
    assert [has_ink_round(view, row) for row in range(5)] == [False, True, False, False, True]
    view.colour([1] * 5, [RED, GREEN], None)
    view.do("view.zoom(0.7, 450, 350)")
    assert [has_ink_round(view, row) for row in range(5)] == [False, True, False, False, True]
    view.show(CROSS[::-1] * 0.8, animate=True)
    assert [has_ink_round(view, row) for row in range(5)] == [False, True, False, False, True]
    view.do("view.setFocus(2)")
    red, green, blue = view.pixel(*view.place(2))
    assert red > 190 and green < 80 and blue < 80


def test_new_places_leave_the_camera_where_the_user_put_it(view: MapPage) -> None:
    view.show(cloud(1000))
    view.settle()
    view.do("view.zoom(3, 200, 300)")
    camera = view.do("view.camera")
    view.show(cloud(1000, seed=1) * 2, animate=True)
    view.settle()
    assert view.do("view.camera") == camera
    view.do("view.fit()")
    view.show(cloud(1000, seed=2) * 5, animate=True)
    view.settle()
    assert view.do("view.inView().length") > 990


def test_points_on_their_way_arrive_at_once_when_the_user_acts_or_wants_no_motion(browser: Browser) -> None:
    with map_page(browser) as view:
        view.show(CROSS)
        view.settle()
        view.show(-CROSS, animate=True)
        assert view.do("view.movement !== null")
        view.page.mouse.move(300, 300)
        view.page.mouse.down()
        assert view.do("view.movement === null")
        view.page.mouse.up()
    with map_page(browser, reduced_motion="reduce") as view:
        view.show(CROSS)
        view.show(-CROSS, animate=True)
        assert view.do("view.movement === null")


def test_places_that_are_not_finite_are_neither_drawn_nor_picked(view: MapPage) -> None:
    places = CROSS.copy()
    places[1], places[2, 1], places[4, 0] = np.nan, np.inf, -np.inf
    view.show(places)
    view.colour([0] * 5, [RED], None)
    view.do("view.setFocus(1), view.setSelection(Uint32Array.of(1, 2))")
    assert view.do("[...view.points.missing]") == [1, 2, 4]
    coloured = (255 - view.pixels()).max(axis=2) > 60
    assert {(x > WIDTH / 2) for x in np.flatnonzero(coloured.any(axis=0))} == {True, False}
    assert coloured.any(axis=0).sum() < 40  # two points
    assert view.do("[...view.inView()]") == [0, 3]
    view.show(CROSS, animate=True)  # from nowhere to a place
    view.settle()
    assert view.do("[...view.inView()]") == [0, 1, 2, 3, 4]
    view.show(np.full((5, 2), np.nan), animate=True)
    view.page.mouse.click(300, 300)
    assert view.selected() == [([], "replace")]
    assert view.do("[view.neighbour(0, 1, 0), view.neighbour(-1, 1, 0)]") == [-1, -1]


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_few_points_are_a_map_too(view: MapPage, count: int) -> None:
    view.show(CROSS[:count])
    view.do(
        "view.setLabelled(new Uint8Array(view.points.count)), view.fit(), view.setSelection(view.inView())"
    )
    assert len(view.do("[...view.inView()]")) == count
    coloured = (255 - view.pixels()).max(axis=2) > 60
    assert coloured.any() == bool(count)
    assert view.do("view.canvas.getAttribute('aria-label')") == f"Map of {count} points"


def test_arrows_go_to_the_nearest_point_of_their_quarter(view: MapPage) -> None:
    places = cloud(3000)
    view.show(places)
    kept = np.array(places, "f4").astype(float)
    for row in (0, 17, 2999):
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            steps = kept - kept[row]
            along = steps @ np.array([dx, -dy])  # down on screen is less on the map
            far = np.hypot(*steps.T)
            cone = (along > 0) & (2 * along**2 >= far**2)
            wanted = int(np.argmin(np.where(cone, far, np.inf))) if cone.any() else row
            assert (
                view.page.evaluate("([row, dx, dy]) => view.neighbour(row, dx, dy)", [row, dx, dy]) == wanted
            )


def test_a_cell_of_the_map_is_what_lies_in_one_square_of_the_screen(view: MapPage) -> None:
    view.show(cloud(3000))
    view.settle()
    squares = np.floor(on_screen(view) / 64)
    cell = np.flatnonzero((squares == squares[5]).all(axis=1)).tolist()
    assert view.do("[...view.cellAt(5)]") == cell
    view.do("view.zoom(4)")
    assert set(view.do("[...view.cellAt(5)]")) != set(cell)


def test_hovering_says_which_point_is_there_and_that_none_is(view: MapPage) -> None:
    view.show(CROSS)
    view.settle()
    x, y = view.place(1)
    view.page.mouse.move(x + 3, y)
    view.settle()
    assert view.do("told.hovered.at(-1)") == pytest.approx([1, x + 3, y], abs=0.01)
    view.page.mouse.move(x + 40, y)
    view.settle()
    assert view.do("told.hovered.at(-1)[0]") == -1
    said = view.do("told.hovered.length")
    view.page.mouse.move(x + 50, y)
    view.settle()
    assert view.do("told.hovered.length") == said


def test_the_map_comes_back_after_the_driver_lost_it(view: MapPage) -> None:
    view.show(cloud(2000))
    view.colour([row % 3 for row in range(2000)], [RED, GREEN, BLUE], None)
    view.do("view.setSelection(Uint32Array.of(5)), view.setFocus(9)")
    before = view.pixels()
    view.do("window.loss = view.renderer.gl.getExtension('WEBGL_lose_context'), loss.loseContext()")
    view.page.wait_for_function("view.isLost")
    view.do("view.setSelection(Uint32Array.of(6))")
    view.do("view.setSelection(Uint32Array.of(5))")
    view.do("loss.restoreContext()")
    view.page.wait_for_function("!view.isLost")
    assert np.array_equal(view.pixels(), before)


def test_without_webgl_it_says_so_and_still_knows_the_points(browser: Browser) -> None:
    with map_page(browser, init=NO_WEBGL) as view:
        view.show(CROSS)
        view.settle()
        view.colour([0] * 5, [RED], None)
        assert view.do("view.supported") is False
        assert view.do("told.errors") == [
            "This browser cannot draw the map: WebGL 2 is switched off or missing."
        ]
        assert view.do("[...view.inView()]") == [0, 1, 2, 3, 4]
        assert view.do("view.neighbour(0, 1, 0)") == 1


def test_a_closed_map_lets_go_of_everything(view: MapPage) -> None:
    view.show(CROSS)
    view.settle()
    view.do("window.gl = view.renderer.gl, view.close()")
    assert view.do("gl.isContextLost()")
    assert view.do("document.querySelector('#root').childElementCount") == 0
    view.page.mouse.click(*view.place(0))
    assert view.selected() == []


def test_it_follows_its_size_and_is_crisp_on_a_screen_with_more_pixels(browser: Browser) -> None:
    with map_page(browser, device_scale_factor=1.5) as view:
        view.show(CROSS)
        view.settle()
        assert view.do("[view.canvas.width, view.canvas.height]") == [1.5 * WIDTH, 1.5 * HEIGHT]
        view.do("document.querySelector('#root').style.width = '500px'")
        view.settle()
        assert view.do("view.canvas.width") == 750
        assert len(view.do("[...view.inView()]")) == 5


def test_many_points_are_drawn_in_slices_and_end_as_one_picture(view: MapPage) -> None:
    places = cloud(400_000)
    view.show(places)
    view.settle()
    before = view.pixels()
    view.do("view.pan(40, 0)")
    view.settle()
    view.do("view.pan(-40, 0)")
    after = view.pixels()
    assert (before != after).any(axis=2).mean() < 0.001
    view.do("view.setSelection(view.inView())")  # more than are outlined in every frame
    assert (view.pixels() != before).any(axis=2).mean() > 0.01


def test_it_looks_the_same_with_a_gpu_and_without(browser: Browser) -> None:
    pictures = []
    for init, software in ((NAMELESS, False), ("", True)):
        with map_page(browser, init=init) as view:
            view.show(cloud(20_000))
            view.colour(
                [row % 3 for row in range(20_000)], [RED, GREEN, BLUE], [row % 2 for row in range(20_000)]
            )
            view.do("view.setLabelled(view.points.predicted.map((_, row) => row % 50 === 0))")
            view.do("view.setSelection(view.cellAt(view.neighbour(-1, 0, 0)))")
            view.do("view.setFocus(view.neighbour(-1, 0, 0)), view.zoom(3)")
            assert view.do("view.renderer.software") is software
            pictures.append(view.pixels().astype(int))
    difference = np.abs(pictures[0] - pictures[1]).max(axis=2)
    assert difference.mean() < 3
    assert (difference > 60).mean() < 0.01


def test_cut_bytes_are_refused(view: MapPage) -> None:
    said = view.do(
        """(() => { try { Points.parse(new ArrayBuffer(30)); } catch (error) { return error.message; } })()"""
    )
    assert said == "0 points take 8 bytes, and 30 came."


@pytest.mark.parametrize("mode", ["user", "predicted", "true", "certainty", "suggestion"])
def test_the_legend_counts_every_point_once(view: MapPage, mode: str) -> None:
    view.show(cloud(500), predicted=np.arange(500) % 10, certainty=np.arange(500) % 256)
    legend, index = view.page.evaluate(
        """(mode) => {
            const rows = view.points.count;
            const codes = Int8Array.from({ length: rows }, (_, row) => (row % 13) - 2);
            const truth = view.points.predicted, scores = view.points.certainty;
            const { legend, index } = colourOf(mode, { codes, points: view.points, truth, scores });
            return [legend, [...index]];
        }""",
        mode,
    )
    assert sum(line["count"] for line in legend) == 500
    for line in legend:
        assert line["count"] == sum(line["index"] <= colour <= line["last"] for colour in index)
