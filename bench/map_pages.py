"""Bare pages with the points of `bench.latent_map`, and a server for them: this app's map, and a peer's.

The peer is regl-scatterplot, with which jupyter-scatter draws. The widget's own bundle, which a notebook
loads too, is left out, in the peer's favour. npm fetches the peer into a folder for the time of the bench.
"""

import contextlib
import http.server
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from tests.support.map_page import HEIGHT, WIDTH, html

_PEER = {"regl-scatterplot": "1.16.0", "regl": "2.1.1", "pub-sub-es": "3.0.0"}
_MIME = {".js": "text/javascript", ".html": "text/html; charset=utf-8"}

_OURS = """
<script type="module">
const points = Points.parse(await (await fetch("POINTS")).arrayBuffer());
view.setPoints(points);
const codes = new Int8Array(points.count).fill(-1);
window.paint = (mode) => {
  const { index, palette } = colourOf(mode, { codes, points, dark: false });
  view.setColours(index, palette);
};
paint("predicted");
</script>"""

_PEERS = f"""<!doctype html><meta charset="utf-8"><style>body {{ margin: 0 }}</style>
<canvas style="width: {WIDTH}px; height: {HEIGHT}px"></canvas>
<script src="regl/regl.min.js"></script>
<script type="module">
import createPubSub from "./pub-sub-es/index.js";
window.createPubSub = createPubSub;
await import("./regl-scatterplot/regl-scatterplot.min.js");
const bytes = await (await fetch("POINTS")).arrayBuffer();
const [count] = new Uint32Array(bytes, 0, 1);
const xy = new Float32Array(bytes, 8, 2 * count);
const column = (axis) => Float32Array.from({{ length: count }}, (_, row) => xy[2 * row + axis] / 5);
const [x, y] = [column(0), column(1)];
const z = new Uint8Array(bytes, 8 + 12 * count, count);
const scatterplot = window.createScatterplot.default({{
  canvas: document.querySelector("canvas"), width: {WIDTH}, height: {HEIGHT}, pointSize: 3, opacity: 0.5,
  colorBy: "valueA", pointColor: ["#1f6bdb", "#e38430", "#059398", "#dd60d5", "#b0680d", "#26a8ff",
    "#80197d", "#a2c418", "#79549d", "#973c07"],
}});
await scatterplot.draw({{ x, y, z }}, {{ zDataType: "categorical" }});
</script>"""


@contextlib.contextmanager
def bare_pages(blobs: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a server: `/ours/{name}`, `/peer/{name}` are pages that show the points of that name."""
    with tempfile.TemporaryDirectory() as folder:
        files = _peer_files(Path(folder))
        for name, blob in blobs.items():
            files[f"/points/{name}"] = blob
            files[f"/ours/{name}.html"] = (html() + _OURS.replace("POINTS", f"/points/{name}")).encode()
            files[f"/peer/{name}.html"] = _PEERS.replace("POINTS", f"/points/{name}").encode()

        class Handler(_Handler):
            served: ClassVar = files

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()


def _peer_files(folder: Path) -> dict[str, bytes]:
    """The peer's scripts by their place on the server."""
    packages = [f"{name}@{version}" for name, version in _PEER.items()]
    subprocess.run(["npm", "pack", "--silent", *packages], cwd=folder, check=True, capture_output=True)
    files = {}
    for name, version in _PEER.items():
        with tarfile.open(folder / f"{name}-{version}.tgz") as archive:
            for member in archive.getmembers():
                file = archive.extractfile(member) if member.name.endswith(".js") else None
                if file is not None and member.name.startswith("package/dist/"):
                    files[f"/peer/{name}/{Path(member.name).name}"] = file.read()
    return files


class _Handler(http.server.BaseHTTPRequestHandler):
    served: ClassVar[dict[str, bytes]]

    def do_GET(self) -> None:
        body = self.served.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", _MIME.get(Path(self.path).suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the figures are what the bench prints."""
