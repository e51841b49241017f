"""Plotly by its version, for ever."""

from plotly.offline import get_plotlyjs
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ipo.api.plotly_script import script_address
from ipo.api.routes import routes
from ipo.api.versions import OpenStreams


def door() -> TestClient:
    def nobody() -> None:
        raise AssertionError("a script is of no workspace")

    return TestClient(Starlette(routes=[Mount("/api", routes=routes(nobody, OpenStreams()))]))


def test_the_script_is_the_one_that_the_figures_are_for() -> None:
    answer = door().get(script_address())
    assert (answer.status_code, answer.text) == (200, get_plotlyjs())
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_another_version_is_none() -> None:
    assert door().get("api/plotly/1.0.0.js").status_code == 404
