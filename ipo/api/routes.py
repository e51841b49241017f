"""The HTTP door beside Streamlit's own: what is fast, large, or must not be lost. Paths are below `api/`."""

from collections.abc import Callable

from starlette.routing import Route

from ipo.api.preference_images import PreferenceImages
from ipo.api.tensors import InspectorTensors
from ipo.services.workspace import Workspace


def routes(workspace: Callable[[], Workspace]) -> list[Route]:
    """All routes of one project folder's workspace, which is asked for on the threads of the server."""
    images, tensors = PreferenceImages(workspace), InspectorTensors(workspace)
    return [
        Route("/preference/{session}/candidates/{id}.png", images.image),
        Route("/preference/{session}/thumbnails/{id}.jpg", images.thumbnail),
        Route("/inspector/tensors/{id}", tensors.tensor),
    ]
