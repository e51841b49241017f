"""How long the app takes to draw: Streamlit's script runs as a browser hears of them, from begin to end."""

import base64

from playwright.sync_api import Page
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

# Keeps each message of the server with its time in epoch ms; large ones are no begin and no end of a run.
_LISTEN = """
  window.told = [];
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", (event) => {
        const bytes = new Uint8Array(event.data);
        if (bytes.length < 40000)
          window.told.push([performance.timeOrigin + performance.now(), btoa(String.fromCharCode(...bytes))]);
      });
    }
  };
"""


def listen(page: Page) -> None:
    """Hear of script runs from the next `goto` on."""
    page.add_init_script(_LISTEN)


def forget(page: Page) -> None:
    """Leave out what was heard so far."""
    page.evaluate("window.told = []")


def durations(page: Page) -> list[float]:
    """Milliseconds of every script run that began and ended since, as the browser saw it."""
    began, taken = None, []
    for at, text in page.evaluate("window.told"):
        kind = ForwardMsg.FromString(base64.b64decode(text)).WhichOneof("type")
        if kind == "new_session":
            began = at
        elif kind == "script_finished" and began is not None:
            taken.append(at - began)
            began = None
    return taken
