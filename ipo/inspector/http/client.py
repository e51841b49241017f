"""A thin client of `ipo serve-inspector`, for notebooks. Needs httpx: pip install "ipo[server]".

with InspectorClient("http://127.0.0.1:8765", token) as inspector:
    inspector.setup(condition="slow")
    inspector.step(10)
    rank_score = inspector.get_step(9, ["rank_score"])["rank_score"]
"""

import io
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipo.inspector.capture.history import History

_PATIENCE = 600.0  # seconds; so long may steps take


class InspectorError(RuntimeError):
    """What the server refused, in its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class InspectorClient:
    """Talks to one server. `http`: a client of the httpx kind to use instead of a new one."""

    def __init__(self, url: str, token: str, *, http: Any = None) -> None:
        if http is None:
            import httpx  # an extra: everything else works without

            http = httpx.Client(base_url=url, timeout=_PATIENCE)
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    def setup(
        self, recipe: str | None = None, condition: str | None = None, seed: int = 0, **overrides: Any
    ) -> dict[str, Any]:
        """Set up a session; without `recipe` the first one of the server."""
        body = {"condition": condition, "seed": seed, "overrides": overrides}
        return self._post("/inspect/setup", body | ({} if recipe is None else {"recipe": recipe}))

    def step(self, n: int = 1, until: str | None = None, threshold: float | None = None) -> dict[str, Any]:
        """Take up to `n` steps; `until` is cosine, loss, dead or nan."""
        wanted = None if until is None else {"kind": until, "threshold": threshold}
        return self._post("/inspect/step", {"n": n, "until": wanted})

    def rewind(self, step: int) -> dict[str, Any]:
        """Go back to where `step` was the latest."""
        return self._post("/inspect/rewind", {"step": step})

    def teardown(self) -> dict[str, Any]:
        return self._post("/inspect/teardown", {})

    def state(self) -> dict[str, Any]:
        return self._json(self._send("GET", "/inspect/state"))

    def history(self, since: int = 0) -> History:
        """The small tensors of all steps from `since` on."""
        content = self._json(self._send("GET", "/inspect/history", params={"since": since}))
        columns = {key: np.array(values, np.float32) for key, values in content["columns"].items()}
        return History(np.array(content["steps"], np.int64), columns)

    def get_step(self, n: int, keys: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
        """Tensors of step n by key; all of them, or those of `keys`."""
        names = None if keys is None else list(keys)
        if names == []:
            return {}
        params = {} if names is None else {"keys": names}
        content = self._send("GET", f"/inspect/step/{n}", params=params).content
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays}

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> "InspectorClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._json(self._send("POST", path, json=body))

    def _send(self, method: str, path: str, **more: Any) -> Any:
        answer = self._http.request(method, path, headers=self._headers, **more)
        if answer.status_code >= 400:
            try:
                message = answer.json()["error"]
            except (ValueError, KeyError, TypeError):
                message = answer.text
            raise InspectorError(answer.status_code, message)
        return answer

    @staticmethod
    def _json(answer: Any) -> dict[str, Any]:
        content: dict[str, Any] = answer.json()
        return content
