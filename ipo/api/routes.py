"""The HTTP door beside Streamlit's own: what is fast, large, or must not be lost. Paths are below `api/`."""

from collections.abc import Callable

from starlette.routing import Route

from ipo.api.digits.arrays import DigitsArrays
from ipo.api.digits.events import DigitsEvents
from ipo.api.inspector.panels import InspectorPanels
from ipo.api.inspector.tensors import InspectorTensors
from ipo.api.mail.events import MailboxEventsRoute
from ipo.api.mail.mails import Mails
from ipo.api.plotly_script import plotly_script
from ipo.api.preference.events import PreferenceEvents
from ipo.api.preference.images import PreferenceImages
from ipo.api.versions import OpenStreams, Versions
from ipo.services.workspace import Workspace


def routes(workspace: Callable[[], Workspace], streams: OpenStreams) -> list[Route]:
    """All routes to one project folder's workspace, which is asked for on the threads of the server.

    Whoever ends the server closes `streams` before.
    """
    images, tensors = PreferenceImages(workspace), InspectorTensors(workspace)
    events, versions = PreferenceEvents(workspace), Versions(workspace, streams)
    panels = InspectorPanels(workspace)
    return [
        Route("/preference/{session}/candidates/{id}.png", images.image),
        Route("/preference/{session}/thumbnails/{id}.jpg", images.thumbnail),
        Route("/preference/{session}/previews/{id}.jpg", images.preview),
        Route("/preference/{session}/traversal/{id}.jpg", images.traversal),
        Route("/preference/{session}/events", events.post, methods=["POST"]),
        Route("/inspector/tensors/{ids}", tensors.tensors),
        Route("/inspector/pages/{id}/panels", panels.panels),
        Route("/inspector/pages/{id}/steps", panels.steps, methods=["POST"]),
        *_digits_routes(workspace),
        *_mail_routes(workspace),
        Route("/plotly/{version}.js", plotly_script),
        Route("/versions", versions.stream),
    ]


def _digits_routes(workspace: Callable[[], Workspace]) -> list[Route]:
    """Those to sets of images, which may be named by a path."""
    arrays, events = DigitsArrays(workspace), DigitsEvents(workspace)
    data = "/digits/{data:path}"
    return [
        Route(f"{data}/points/{{version}}", arrays.points),
        Route(f"{data}/thumbnails/{{version}}/{{tile:int}}.png", arrays.thumbnails),
        Route(f"{data}/images/{{version}}/{{row:int}}.png", arrays.image),
        Route(f"{data}/reconstructions/{{version}}/{{row:int}}.png", arrays.reconstruction),
        Route(f"{data}/details/{{version}}/{{row:int}}", arrays.details),
        Route(f"{data}/truth/{{version}}", arrays.truth),
        Route(f"{data}/scores/{{version}}", arrays.scores),
        Route(f"{data}/labels", arrays.labels),
        Route(f"{data}/events", events.post, methods=["POST"]),
    ]


def _mail_routes(workspace: Callable[[], Workspace]) -> list[Route]:
    """Those to sets of mails, which are named by slugs."""
    mails, events = Mails(workspace), MailboxEventsRoute(workspace)
    return [
        Route("/mail/{name}/list/{sha}", mails.list),
        Route("/mail/{name}/mails/{sha}/{id}", mails.mail),
        Route("/mail/{name}/scores/{version}", mails.scores),
        Route("/mail/{name}/opinions/{run}/{id}", mails.opinion),
        Route("/mail/{name}/orders/{order}", mails.order),
        Route("/mail/{name}/search", mails.search),
        Route("/mail/{name}/events", events.post, methods=["POST"]),
    ]
