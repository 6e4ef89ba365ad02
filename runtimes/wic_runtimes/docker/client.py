"""The SDK's own client, as we make it: for one endpoint, with that endpoint's certificates and no others.

The SDK is imported here. What comes of this class raises what the SDK raises: use it inside `translated`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wic_runtimes.docker.endpoint import Endpoint


def client_class() -> Any:
    """Return the class of our clients. Raises ImportError where the SDK is not installed."""
    import docker  # noqa: PLC0415 - loaded when it is needed

    class Client(docker.APIClient):  # type: ignore[misc] # the SDK has no types
        def merge_environment_settings(
            self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
        ) -> Any:
            # requests would put REQUESTS_CA_BUNDLE above the certificates that this engine is known by.
            chosen = self.verify if verify is None else verify
            return super().merge_environment_settings(url, proxies, stream, chosen, cert)

    return Client


def client_options(endpoint: Endpoint) -> dict[str, Any]:
    """Return what a client is made with to speak to that engine. Raises the SDK's errors."""
    import docker.tls  # noqa: PLC0415 - loaded when it is needed

    if not endpoint.certificates:
        return {"base_url": endpoint.url}
    ca, own, key = (Path(endpoint.certificates, name) for name in ("ca.pem", "cert.pem", "key.pem"))
    config = docker.tls.TLSConfig(
        ca_cert=str(ca) if ca.is_file() else None,
        client_cert=(str(own), str(key)) if own.is_file() else None,
        verify=endpoint.is_verified,
    )
    return {"base_url": endpoint.url.replace("tcp://", "https://", 1), "tls": config}
