"""A missing engine is a printed skip for a developer, and a failure where engines are required."""

from __future__ import annotations

import pytest


def test_a_missing_engine_is_skipped_with_its_reason(missing_engine, monkeypatch):
    """On a developer's machine the rest of the suite goes on."""
    monkeypatch.delenv("WIC_REQUIRE_ENGINES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no docker here"):
        missing_engine("no docker here")


def test_a_missing_engine_is_a_failure_where_it_is_required(missing_engine, monkeypatch):
    """In CI a suite that tested nothing must not be green."""
    monkeypatch.setenv("WIC_REQUIRE_ENGINES", "1")
    with pytest.raises(pytest.fail.Exception, match="no docker here"):
        missing_engine("no docker here")
