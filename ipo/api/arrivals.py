"""A browser says that it shows a page that was sent to it."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def arrival_route(note: Callable[[str], None]) -> Route:
    """`note` gets the id of the page."""

    async def arrive(request: Request) -> Response:
        note(request.path_params["id"])
        return Response(status_code=204)

    return Route("/arrivals/{id}", arrive, methods=["POST"])
