"""The package itself: what it is made of is in order, and agrees with the server."""

from __future__ import annotations

import pytest

from tests.editors.conftest import EDITORS
from wic_lsp.config import Origin, option_names, resolve
from wic_lsp.snippets.kinds import MARKDOWN_ENDINGS
from wic_lsp.toolchains.families import languages

SOURCES = sorted((EDITORS / "emacs").glob("*.el"))


def test_every_file_compiles_without_a_warning(emacs, home):
    """The byte compiler has nothing to say against it."""
    files = " ".join(f'"{one}"' for one in SOURCES)

    compiled, said = emacs.run(
        home,
        f"""
        (require 'bytecomp)
        (add-to-list 'load-path "{EDITORS}/emacs")
        (let ((byte-compile-dest-file-function
               (lambda (file) (expand-file-name (concat (file-name-nondirectory file) "c") "{home.home}")))
              (byte-compile-error-on-warn t))
          (list (drive-list (mapcar #'byte-compile-file '({files})))
                (if (get-buffer byte-compile-log-buffer)
                    (with-current-buffer byte-compile-log-buffer (buffer-string)) "")))
        """,
        begin="(package-initialize)",
    )

    assert compiled == [True] * len(SOURCES), said
    assert "Warning" not in said


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: one.name)
def test_checkdoc_finds_nothing(emacs, home, source):
    """The documentation of every name is as Emacs wants it."""
    found = emacs.run(
        home,
        f"""
        (require 'checkdoc)
        (let* ((found nil)
               (checkdoc-create-error-function
                (lambda (text start end &optional unfixable)
                  (push (format "%s: %s" (and start (line-number-at-pos start)) text) found)
                  (list text start end unfixable))))
          (with-current-buffer (find-file-noselect "{source}")
            (checkdoc-current-buffer t))
          (drive-list found))
        """,
        begin="",
    )

    assert found == []


def test_what_a_project_may_set_is_what_the_server_lets_a_workspace_set(emacs, home):
    """The list in Emacs and the server's own rule are one."""
    ours = emacs.run(home, "(drive-list (mapcar #'symbol-name wic-workspace-settings))")

    refused = {
        name
        for name in option_names()
        if any(
            "cannot be set by" in one.message for one in resolve([(Origin.WORKSPACE, {name: object()})])[1]
        )
    }
    assert set(ours) == {f":{name}" for name in set(option_names()) - refused}


def test_every_language_of_the_server_is_known_by_every_ending(emacs, home):
    """A file whose name the server knows is checked, in whatever mode Emacs opens it."""
    wanted = {f"some{ending}": one.editor for one in languages().values() for ending in one.endings}
    wanted |= {f"some{ending}": ("markdown",) for ending in MARKDOWN_ENDINGS}
    for name in wanted:
        home.write(name, "")
    names = " ".join(f'"{name}"' for name in wanted)

    known = emacs.run(
        home,
        f"(drive-list (mapcar (lambda (name) (drive-open name) (wic--language)) '({names})))",
        begin="(package-initialize) (require 'wic)",
    )

    assert [name for name, language in zip(wanted, known, strict=True) if language not in wanted[name]] == []
