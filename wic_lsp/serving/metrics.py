"""What is counted, in Prometheus' words. Labels come from us alone, never from what a client sent."""

from __future__ import annotations

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from wic_lsp.fairness import FairGate
from wic_lsp.serving.admission import Reason
from wic_runtimes.contract import CompileOutput
from wic_runtimes.errors import RuntimeFailure

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_NOT_RUN: Final = "not_run"
_SECONDS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The counters of one server; it is also the pipelines' observer (see `sharing.Observer`)."""

    def __init__(self, gate: FairGate) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # half of the text, and of no use here
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        chosen = ("runtime", "toolchain")
        self.connections = self._gauge("wic_connections", "Clients that are connected.")
        self._gauge("wic_compiles_running", "Compiles that run.").set_function(lambda: gate.running)
        self._gauge("wic_compiles_waiting", "Compiles that wait for their turn.").set_function(
            lambda: gate.waiting
        )
        self.sessions = self._counter("wic_sessions", "LSP sessions that began.")
        self._compiles = self._counter(
            "wic_compiles", "Checks that were not answered from memory.", *chosen, "outcome"
        )
        self._recalled = self._counter("wic_recalled", "Checks that were answered from memory.", *chosen)
        self._refused = self._counter("wic_connections_refused", "Requests that were not let in.", "reason")
        self._messages = self._counter("wic_messages", "LSP messages.", "direction")
        self._seconds = Histogram(
            "wic_compile_seconds",
            "How long a compile took with its isolation, without its waiting for a turn.",
            ("runtime",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.received = self._messages.labels("received")
        self.sent = self._messages.labels("sent")
        for reason in Reason:
            self._refused.labels(reason.value)  # shown as 0 until it happens

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)

    def compiled(self, runtime: str, toolchain: str, output: CompileOutput) -> None:
        """Count a compiler that ran."""
        self._compiles.labels(runtime, toolchain, output.outcome.value).inc()
        self._seconds.labels(runtime).observe(output.total_s)

    def recalled(self, runtime: str, toolchain: str) -> None:
        """Count an answer that was remembered."""
        self._recalled.labels(runtime, toolchain).inc()

    def failed(self, runtime: str, toolchain: str, failure: RuntimeFailure) -> None:  # noqa: ARG002 - a word is for people
        """Count a check for which nothing was compiled."""
        self._compiles.labels(runtime, toolchain, _NOT_RUN).inc()

    def refused(self, reason: Reason) -> None:
        """Count somebody who was not let in."""
        self._refused.labels(reason.value).inc()

    def render(self) -> bytes:
        """Return everything as Prometheus reads it."""
        return generate_latest(self._registry)
