"""What a component is told so that it finds its session behind the HTTP door."""

from ipo.api.addresses import session_address, versions_address
from ipo.api.token import TOKEN
from ipo.preference.session import PreferenceSession


def session_door(session: PreferenceSession) -> dict[str, str]:
    """Addresses of a session and the token, for `shared/connection.js`."""
    id_ = session.key.id
    return {
        "session": id_,
        "address": session_address(id_),
        "versions": versions_address(id_),
        "token": TOKEN,
    }
