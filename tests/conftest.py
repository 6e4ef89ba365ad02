"""What all tests share: a missing engine is a printed skip, or in CI a failure."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

import pytest


def fail_or_skip(reason: str) -> NoReturn:
    """Skip with that reason, or fail with it where WIC_REQUIRE_ENGINES=1 says that engines must be there."""
    if os.environ.get("WIC_REQUIRE_ENGINES") == "1":
        pytest.fail(f"WIC_REQUIRE_ENGINES=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def missing_engine() -> Callable[[str], NoReturn]:
    """Give a test marked `engine` what to call, with a reason, when its engine or compiler is not there."""
    return fail_or_skip
