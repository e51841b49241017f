"""The word that pages of this server know and other pages do not: a form of another site cannot send it."""

import secrets

from starlette.requests import Request

TOKEN_HEADER = "X-Ipo-Token"
TOKEN = secrets.token_urlsafe(32)  # of this process; Streamlit hands it to components with their data


def has_token(request: Request) -> bool:
    """Whether whoever asks was handed the token."""
    sent = request.headers.get(TOKEN_HEADER, "")
    return secrets.compare_digest(sent.encode(), TOKEN.encode())
