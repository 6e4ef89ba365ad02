"""The runtime's one engine: found, connected to and proved to isolate when it is needed, and again later.

An engine that failed is forgotten, so that the next job looks for it anew: it may have been restarted,
upgraded, or be another one by now, and whether it isolates is asked again before anything runs on it.
Everything here blocks and belongs in a thread.
"""

from __future__ import annotations

import threading
from importlib.util import find_spec

from wic_runtimes.docker import faults
from wic_runtimes.docker.endpoint import SYSTEM_SOCKET, own_endpoint
from wic_runtimes.docker.engine import Engine, EngineApi, connect


class Connection:
    """The way to this user's engine, and by which OCI runtime it is to run containers (empty: its own)."""

    def __init__(self, runtime_class: str) -> None:
        self._runtime_class = runtime_class
        self._lock = threading.Lock()
        self._clients: list[EngineApi] = []
        self.current: Engine | None = None

    @property
    def could_be(self) -> bool:
        """Whether there may be an engine at all. Speaks to nobody, and loads nothing."""
        return self.current is not None or (own_endpoint() is not None and find_spec("docker") is not None)

    def engine(self) -> Engine:
        """Return the engine. Raises RuntimeUnavailable."""
        with self._lock:
            if self.current is None:
                endpoint = own_endpoint()
                if endpoint is None:
                    raise faults.not_running(f"unix://{SYSTEM_SOCKET}")
                self.current = connect(endpoint, self._runtime_class)
                self._clients.append(self.current.api)
            return self.current

    def forget(self, engine: Engine) -> None:
        """Look for the engine anew when it is next needed; whoever still uses this one's client may go on."""
        with self._lock:
            if self.current is engine:
                self.current = None

    def close(self) -> None:
        """Close every client that was made."""
        for client in self._clients:
            client.close()
