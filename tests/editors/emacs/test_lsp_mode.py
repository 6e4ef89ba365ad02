"""wic in lsp-mode, for those who use that in place of Eglot; Debian has it for its own Emacs."""

from __future__ import annotations

import pytest

from tests.conftest import fail_or_skip
from tests.editors.conftest import find_program, make_home
from tests.editors.emacs.emacs import VERSIONS, install
from tests.editors.texts import WIDE

pytestmark = pytest.mark.usefixtures("server")


def test_lsp_mode_runs_it_as_an_add_on_and_shows_the_error(home, tmp_path):
    """It is registered beside other servers, and the error is at its characters, counted in code points."""
    emacs = install(find_program(VERSIONS["28"]), make_home(tmp_path / "package"))
    if not emacs.run(home, '(locate-library "lsp-mode")', begin="(package-initialize)"):
        fail_or_skip("there is no lsp-mode: tests/engines/editors/install")
    home.write(WIDE.name, WIDE.content)

    is_add_on, shown = emacs.run(
        home,
        """
        (setq lsp-auto-guess-root t lsp-enabled-clients '(wic) lsp-diagnostics-provider :flymake
              lsp-enable-file-watchers nil lsp-enable-snippet nil
              lsp-session-file (expand-file-name "session" (getenv "HOME")))
        (with-eval-after-load 'lsp-mode (wic-lsp-mode-setup))
        (require 'lsp-mode)
        (require 'lsp-diagnostics)
        (setq lsp--session (make-lsp-session))
        (lsp-workspace-folders-add default-directory)
        (drive-open "wide.c")
        (lsp)
        (drive-wait "lsp-mode" (lambda () (and (bound-and-true-p lsp-mode) (lsp-workspaces))))
        (drive-wait "diagnostics" (lambda () (> (hash-table-count (lsp-diagnostics)) 0)))
        (flymake-start)
        (drive-of 'lsp-diagnostics--flymake-backend)
        (list (lsp--client-add-on? (gethash 'wic lsp-clients)) (drive-diagnostics))
        """,
        # Flymake's own backends for C would run `make`, which fails here.
        begin="(package-initialize)"
        " (add-hook 'c-mode-hook (lambda () (setq-local flymake-diagnostic-functions nil)))",
    )

    assert is_add_on
    assert [(one["line"], one["start"], one["end"]) for one in shown] == [(WIDE.line, WIDE.start, WIDE.end)]
    assert WIDE.wrong in shown[0]["text"]
