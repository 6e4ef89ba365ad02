"""The runtime's one engine: found, connected to and proved to isolate when it is needed, and again later.

An engine that failed is forgotten, so that the next job looks for it anew: it may have been restarted,
upgraded, or be another one by now, and whether it isolates is asked again before anything runs on it.
Everything here blocks and belongs in a thread.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from importlib.util import find_spec

from wic_runtimes.docker import faults
from wic_runtimes.docker.endpoint import SYSTEM_SOCKET, Endpoint, own_endpoint
from wic_runtimes.docker.engine import Engine, EngineApi, connect
from wic_runtimes.docker.sealed import SealedProfile


class Connection:
    """The way to an engine, and by which OCI runtime it is to run containers (empty: its own).

    `address` is the engine's, empty for the user's own.
    """

    def __init__(self, runtime_class: str, address: str = "") -> None:
        self._runtime_class = runtime_class
        self._address = address
        self._profile = SealedProfile()
        self._lock = threading.Lock()
        self._clients: list[EngineApi] = []
        self.current: Engine | None = None

    @property
    def could_be(self) -> bool:
        """Whether there may be an engine at all. Speaks to nobody, and loads nothing."""
        return self.current is not None or (self._endpoint() is not None and find_spec("docker") is not None)

    def _endpoint(self) -> Endpoint | None:
        return Endpoint(self._address, "its option") if self._address else own_endpoint()

    def engine(self) -> Engine:
        """Return the engine. Raises RuntimeUnavailable."""
        with self._lock:
            if self.current is None:
                endpoint = self._endpoint()
                if endpoint is None:
                    raise faults.not_running(f"unix://{SYSTEM_SOCKET}")
                engine = connect(endpoint, self._runtime_class)
                self._clients.append(engine.api)
                if engine.host.is_podman:
                    with faults.translated(engine.url):
                        engine = replace(engine, seccomp_path=self._profile.open())
                self.current = engine
            return self.current

    def forget(self, engine: Engine) -> None:
        """Look for the engine anew when it is next needed; whoever still uses this one's client may go on."""
        with self._lock:
            if self.current is engine:
                self.current = None

    def close(self) -> None:
        """Close every client that was made, and what Podman was to read."""
        for client in self._clients:
            client.close()
        self._profile.close()
