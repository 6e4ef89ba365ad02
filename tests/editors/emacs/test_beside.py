"""wic beside what else an Emacs has: Eglot and its servers, Flymake's own backends, lsp-mode."""

from __future__ import annotations

import pytest

from tests.editors.conftest import find_program
from tests.editors.texts import PLAIN, WIDE

pytestmark = pytest.mark.usefixtures("server")

# A Makefile that would be run by Flymake's backend for C, and tells of it.
MAKEFILE = "check-syntax:\n\tcat > /dev/null; touch $(CURDIR)/was-run\n"


def test_a_projects_makefile_is_not_run_for_it(emacs, home):
    """Flymake is started for wic alone: its own backend for C runs the project's Makefile, unisolated."""
    home.write("Makefile", MAKEFILE)
    home.write(PLAIN.name, PLAIN.content)

    backends = emacs.run(
        home,
        '(drive-open "plain.c") (drive-state) (drive-list (flymake-running-backends))',
    )

    assert backends == ["wic-flymake"]
    assert not (home.files / "was-run").exists()


def test_whoever_uses_flymake_already_keeps_what_it_runs(emacs, home):
    """Where Flymake runs before, its backends stay, and run as they did."""
    home.write("Makefile", MAKEFILE)
    home.write(PLAIN.name, PLAIN.content)

    backends = emacs.run(
        home,
        """
        (drive-open "plain.c")
        (drive-of 'wic-flymake)
        (drive-wait "make" (lambda () (file-exists-p "was-run")))
        (drive-list (mapcar (lambda (one) (format "%s" one)) flymake-diagnostic-functions))
        """,
        begin="(package-initialize) (require 'wic)"
        " (add-hook 'c-mode-hook (lambda () (flymake-mode 1) (flymake-start))) (global-wic-mode)",
    )

    assert {"wic-flymake", "flymake-cc"} <= set(backends)


def test_eglots_server_for_the_language_and_wic_show_what_each_says(emacs, home):
    """clangd, by Eglot, and the compiler, by wic, have both found it; when Eglot goes, wic stays."""
    find_program("clangd")
    home.write(WIDE.name, WIDE.content)

    both, left = emacs.run(
        home,
        """
        (drive-open "wide.c")
        (apply #'eglot (eglot--guess-contact))
        (drive-wait "Eglot" #'eglot-current-server)
        (flymake-start)
        (drive-of 'eglot-flymake-backend)
        (drive-of 'wic-flymake)
        (list (drive-diagnostics)
              (progn (eglot-shutdown (eglot-current-server) nil drive-patience)
                     (flymake-start)
                     (drive-replace "cuont" "cuontt")
                     (drive-state)
                     (drive-of 'wic-flymake)
                     (drive-diagnostics)))
        """,
    )

    of = {one["backend"]: one for one in both}
    assert set(of) == {"eglot-flymake-backend", "wic-flymake"}
    for backend in of:  # clangd's hint at the name that it may be is its own
        places = [(one["line"], one["start"], one["end"]) for one in both if one["backend"] == backend]
        assert (WIDE.line, WIDE.start, WIDE.end) in places
    assert len([one for one in both if one["backend"] == "wic-flymake"]) == 1
    assert of["wic-flymake"]["text"].startswith("wic gcc-")
    assert "wic" not in of["eglot-flymake-backend"]["text"]
    assert [(one["backend"], one["end"] - one["start"]) for one in left] == [("wic-flymake", 6)]


def test_eglot_runs_wic_itself_where_it_is_told_to(emacs, home):
    """As Eglot's own server it shows the error at its characters too, in the units that Eglot counts in."""
    home.write(WIDE.name, WIDE.content)

    modes, shown = emacs.run(
        home,
        """
        (let ((modes (wic-eglot 'c-mode)))
          (drive-open "wide.c")
          (apply #'eglot (eglot--guess-contact))
          (drive-wait "Eglot" #'eglot-current-server)
          (flymake-start)
          (drive-of 'eglot-flymake-backend)
          (list (drive-list (mapcar #'symbol-name modes)) (drive-diagnostics)))
        """,
        begin="(package-initialize) (require 'wic) (require 'eglot) (require 'wic-eglot)",
    )

    assert modes == ["c-mode"]
    assert [(one["line"], one["start"], one["end"]) for one in shown] == [(WIDE.line, WIDE.start, WIDE.end)]
    assert "wic" in shown[0]["text"]


def test_eglot_is_given_wic_only_where_it_knows_no_server(emacs, home):
    """What Eglot would run for a mode is left to it."""
    begin = "(package-initialize) (require 'wic) (require 'wic-eglot)"
    does = "(drive-list (mapcar #'symbol-name (wic-eglot)))"

    modes = emacs.run(home, does, begin=begin)

    assert "rustic-mode" in modes or "js3-mode" in modes
    assert "c-mode" not in modes
    assert emacs.run(home, does, begin=f"{begin} (wic-eglot)") == []
