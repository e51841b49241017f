"""Images of candidates by address. A candidate's id says what its image is, so that no browser asks twice."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ipo.api.cache_headers import IMMUTABLE
from ipo.preference.session import PreferenceSession
from ipo.services.candidate_images import candidate_image, candidate_thumbnail
from ipo.services.workspace import Workspace

NOT_OPEN = "This session is not open here. Open it on the page Preferences first."


class PreferenceImages:
    """Answers with images; with 404 and a sentence where there is none."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    def image(self, request: Request) -> Response:
        return self._answer(request, candidate_image, "image/png")

    def thumbnail(self, request: Request) -> Response:
        return self._answer(request, candidate_thumbnail, "image/jpeg")

    def preview(self, request: Request) -> Response:
        return self._answer(request, _preview_image, "image/jpeg")

    def traversal(self, request: Request) -> Response:
        return self._answer(request, self._traversal_image, "image/jpeg")

    def _traversal_image(self, session: PreferenceSession, id_: str) -> bytes:
        image = self._workspace().tensors.get(id_)  # a page may still ask for those of the line before
        if image is None:
            raise LookupError(id_)
        return image

    def _answer(
        self, request: Request, read: Callable[[PreferenceSession, str], bytes], kind: str
    ) -> Response:
        session = self._workspace().open_session(request.path_params["session"])
        if session is None:
            return PlainTextResponse(NOT_OPEN, 404)
        try:
            return Response(read(session, request.path_params["id"]), media_type=kind, headers=IMMUTABLE)
        except LookupError:
            return PlainTextResponse("This session has no such image.", 404)
        except (OSError, ValueError) as error:
            return PlainTextResponse(f"The image cannot be read: {error}", 404)


def _preview_image(session: PreferenceSession, id_: str) -> bytes:
    image = session.queue.recent_previews.image(id_)  # a browser may ask when the image itself is there
    if image is None:
        raise LookupError(id_)
    return image
