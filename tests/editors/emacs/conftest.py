"""Each Emacs that the package is for, with the package installed once for all tests."""

from __future__ import annotations

import pytest

from tests.editors.conftest import find_program, make_home
from tests.editors.emacs.emacs import VERSIONS, Emacs, install


@pytest.fixture(scope="session", params=VERSIONS)
def emacs(request, tmp_path_factory) -> Emacs:
    """Give an Emacs with the package."""
    program = find_program(VERSIONS[request.param])
    return install(program, make_home(tmp_path_factory.mktemp(f"emacs-{request.param}")))
