"""What all tests share: a missing engine is a printed skip, or in CI a failure."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from tests.conformance.cluster_turns import (  # noqa: F401 - fixtures
    cluster_alone,
    cluster_shared,
    cluster_shared_by_module,
)
from tests.conformance.private_engine import PrivateEngine, private_engine, why_no_private_engine

# How long an example takes says something of the machine alone.
settings.register_profile("any machine", settings(), deadline=None)
settings.load_profile("any machine")

# Whoever started us in the background may have had Ctrl-C ignored, and what we test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def fail_or_skip(reason: str) -> NoReturn:
    """Skip with that reason, or fail with it where WIC_REQUIRE_ENGINES=1 says that engines must be there."""
    if os.environ.get("WIC_REQUIRE_ENGINES") == "1":
        pytest.fail(f"WIC_REQUIRE_ENGINES=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def missing_engine() -> Callable[[str], NoReturn]:
    """Give a test marked `engine` what to call, with a reason, when its engine or compiler is not there."""
    return fail_or_skip


@pytest.fixture(scope="session")
def shared_folder(request, tmp_path_factory) -> Path:
    """Give the folder that all workers of this run share."""
    base: Path = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="module")
def engine_of_module() -> Iterator[PrivateEngine]:
    """Start a Docker engine for one module's tests alone; skip where that cannot be done."""
    reason = why_no_private_engine()
    if reason:
        fail_or_skip(reason)
    with private_engine() as engine:
        yield engine


@pytest.fixture
def own_engine(engine_of_module) -> Iterator[PrivateEngine]:
    """Give a test an engine that it may stop, kill, freeze and fill; nothing of ours may be left on it."""
    engine_of_module.mend()
    yield engine_of_module
    engine_of_module.mend()
    left = engine_of_module.ours()
    if left:
        engine_of_module.docker("rm", "--force", *left)
    assert left == []
