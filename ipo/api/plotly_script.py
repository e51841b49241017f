"""Plotly for charts that stay on the page and change: the file that its package brings, by its version."""

from importlib import resources

from plotly.offline import get_plotlyjs_version
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from ipo.api.cache_headers import IMMUTABLE


def script_address() -> str:
    """Where a browser finds it: from the page on."""
    return f"api/plotly/{get_plotlyjs_version()}.js"


def plotly_script(request: Request) -> Response:
    """Answers with the script; with 404 for another version than the one that is here."""
    if request.path_params["version"] != get_plotlyjs_version():
        return PlainTextResponse("Another version of Plotly is here. Reload the page.", 404)
    with resources.as_file(resources.files("plotly") / "package_data" / "plotly.min.js") as path:
        return FileResponse(path, media_type="text/javascript", headers=IMMUTABLE)
