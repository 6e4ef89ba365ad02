"""Runtimes are found by name, ours by the same door as a stranger's."""

from __future__ import annotations

import importlib.metadata
from importlib.metadata import EntryPoint

import pytest

from wic_runtimes.contract import Runtime
from wic_runtimes.errors import RuntimeUnavailable
from wic_runtimes.registry import GROUP, create_runtime, runtime_names


@pytest.fixture
def installed(monkeypatch):
    def install(**values: str) -> None:
        entries = tuple(EntryPoint(name, value, GROUP) for name, value in values.items())
        monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: entries)

    return install


def test_the_sandbox_is_installed():
    """The sandbox comes with the package and satisfies the contract."""
    assert "sandbox" in runtime_names()
    runtime = create_runtime("sandbox", {"spares": False})
    assert isinstance(runtime, Runtime)
    assert runtime.name == "sandbox"


def test_a_stranger_is_found_by_the_same_door(installed):
    """Whatever is registered is offered, sorted, and made with its options."""
    installed(zebra="wic_runtimes.sandbox:create_runtime", ant="builtins:dict")
    assert runtime_names() == ("ant", "zebra")
    assert create_runtime("ant", {"a": 1}) == {"a": 1}


def test_an_unknown_name_has_a_suggestion():
    """A slip of the fingers is answered with what there is."""
    with pytest.raises(RuntimeUnavailable) as caught:
        create_runtime("sandbx", {})
    assert caught.value.reason == "There is no runtime 'sandbx'."
    assert caught.value.remedy.startswith("Did you mean 'sandbox'? Installed runtimes: ")


def test_a_runtime_that_cannot_be_loaded_says_what_to_install(installed):
    """A missing client library is ours to explain."""
    installed(docker="no_such_library:create")
    with pytest.raises(RuntimeUnavailable) as caught:
        create_runtime("docker", {})
    assert "no_such_library" in caught.value.reason
    assert "wic-lsp[docker]" in caught.value.remedy
