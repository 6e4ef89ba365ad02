"""The server that Emacs starts: found or not, ended and started again, shared, and told of settings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.texts import PLAIN, PLUS
from tests.serve.shared_server import TOKEN, shared_server

pytestmark = pytest.mark.usefixtures("server")

BIN = Path(sys.executable).parent


@pytest.fixture
def nothing(tmp_path) -> Path:
    """Give a folder without programs, to be on PATH in place of the server's."""
    folder = tmp_path / "nothing"
    folder.mkdir()
    return folder


def test_where_there_is_no_server_the_user_is_told_what_to_do(emacs, home, nothing):
    """M-x wic-mode refuses with the remedy; the global mode warns once, and each buffer says so."""
    home.write(PLAIN.name, PLAIN.content)
    home.write(PLUS.name, PLUS.content)

    refused, warnings, state, note = emacs.run(
        home,
        """
        (drive-open "plus.cpp")
        (drive-open "plain.c")
        (let ((warnings (drive-list drive-warnings)))
          (wic-mode -1)
          (list (drive-refusal (lambda () (funcall-interactively #'wic-mode)))
                warnings (wic-state)
                (drive-mode-line)))
        """,
        path=nothing,
    )

    for told in (refused, warnings[0], state[1]):
        assert "There is no program `wic-lsp'" in told
        assert "pipx install wic-lsp" in told
    assert len(warnings) == 1
    assert note == " wic[not checked]"


def test_a_server_that_was_installed_meanwhile_is_started_by_restart(emacs, home, nothing):
    """The buffer need not be opened again."""
    home.write(PLAIN.name, PLAIN.content)

    before, after = emacs.run(
        home,
        f"""
        (drive-open "plain.c")
        (list (car (wic-state))
              (progn (push "{BIN}" exec-path) (wic-restart) (drive-state-is 'found) (car (drive-state))))
        """,
        path=nothing,
    )

    assert (before, after) == ("not-checked", "found")


def test_a_killed_server_is_told_of_and_another_started_by_restart(emacs, home):
    """Nothing looks clean while there is none; what the new one says is of the text as it is then."""
    home.write(PLAIN.name, PLAIN.content)

    state, note, after, same = emacs.run(
        home,
        """
        (setq wic-restart-after 1000)
        (drive-open "plain.c")
        (drive-state-is 'found)
        (let ((pid (drive-pid)))
          (signal-process pid 9)
          (drive-state-is 'not-checked)
          (drive-replace "cuont" "count")
          (list (wic-state)
                (drive-diagnostics)
                (progn (wic-restart) (drive-state-is 'clean) (wic-state))
                (= pid (drive-pid))))
        """,
    )

    assert state[0] == "not-checked"
    assert "the server has ended (9)" in state[1]
    assert [one["text"] for one in note] == [f"wic: Not compiled: {state[1]}"]
    assert (after, same) == (["clean"], None)


def test_a_server_that_lived_for_long_is_started_again_by_itself(emacs, home):
    """Its end costs nothing but the time of a start."""
    home.write(PLAIN.name, PLAIN.content)

    same = emacs.run(
        home,
        """
        (setq wic-restart-after 0)
        (drive-open "plain.c")
        (drive-state-is 'found)
        (let ((pid (drive-pid)))
          (signal-process pid 9)
          (drive-wait "another server" (lambda () (and wic--server (/= pid (drive-pid)))))
          (drive-state-is 'found)
          (= pid (drive-pid)))
        """,
    )

    assert same is None


def test_each_project_has_one_server(emacs, home):
    """Files of one project share one; those of another project have another."""
    for name in ("one/a.c", "one/sub/b.c", "two/c.c"):
        home.write(name, PLAIN.content)
    for name in ("one", "two"):
        subprocess.run(["git", "init", "--quiet", home.files / name], check=True)

    first, second, third, roots = emacs.run(
        home,
        """
        (let ((pids (mapcar (lambda (file) (drive-open file) (drive-state-is 'found) (drive-pid))
                            '("one/a.c" "sub/b.c" "../../two/c.c"))))
          (append pids (list (drive-list (mapcar #'file-name-nondirectory
                                                 (mapcar #'directory-file-name
                                                         (hash-table-keys wic--servers)))))))
        """,
    )

    assert first == second != third
    assert sorted(roots) == ["one", "two"]


def test_a_shared_server_is_reached_by_its_address(emacs, home, tmp_path):
    """`wic-server-url` has `wic connect` started, and the error comes from there."""
    home.write(PLAIN.name, PLAIN.content)
    with shared_server(home.environment(), tmp_path, "--runtime", "sandbox") as server:
        shown, command = emacs.run(
            home,
            f"""
            (setq wic-server-url "{server.url}")
            (drive-open "plain.c")
            (drive-state-is 'found)
            (list (drive-diagnostics) (process-command (jsonrpc--process wic--server)))
            """,
            WIC_TOKEN=TOKEN,
        )

    assert [(one["line"], one["start"]) for one in shown] == [(PLAIN.line, PLAIN.start)]
    assert command[1:] == ["connect", server.url]


def test_why_a_shared_server_cannot_be_reached_is_said(emacs, home):
    """What `wic connect` says of it is what the buffer says."""
    home.write(PLAIN.name, PLAIN.content)

    state = emacs.run(
        home,
        """
        (setq wic-server-url "ws://127.0.0.1:9")
        (drive-open "plain.c")
        (drive-state-is 'not-checked)
        (wic-state)
        """,
    )

    assert state[1].startswith("the server has ended (2): ")
    assert "127.0.0.1:9" in state[1]


def test_another_program_called_wic_is_not_started(emacs, home, nothing):
    """Yocto has one too: what does not say that it is ours is passed over, or refused by name."""
    other = nothing / "wic"
    other.write_text("#!/bin/sh\necho 'usage: wic [-h] [--version] COMMAND'\n")
    other.chmod(0o755)
    home.write(PLAIN.name, PLAIN.content)

    refused, found = emacs.run(
        home,
        f"""
        (list (drive-refusal #'wic-doctor)
              (progn (setq exec-path (append exec-path '("{BIN}"))) (wic--find-wic)))
        """,
        path=nothing,
    )

    assert f"The program {other} is another wic than ours" in refused
    assert found == str(BIN / "wic")


def test_ones_own_settings_and_a_projects_both_count(emacs, home):
    """The user's toolchains and the project's flags are in force together."""
    home.write("project/.dir-locals.el", '((nil . ((wic-settings . (:flags (:c ["-Wunused-variable"]))))))\n')
    home.write("project/a.c", "int main(void) { int unused; return 0; }\n")
    subprocess.run(["git", "init", "--quiet", home.files / "project"], check=True)

    shown = emacs.run(
        home,
        """
        (setq-default wic-settings '(:toolchains (:c ("clang-14"))))
        (drive-open "project/a.c")
        (drive-state-is 'found)
        (drive-diagnostics)
        """,
    )

    assert [one["type"] for one in shown] == [":warning"]
    assert shown[0]["text"].startswith("wic clang-14: ")
    assert "unused" in shown[0]["text"]


def test_a_project_can_choose_neither_a_runtime_nor_a_program(emacs, home):
    """What is not a workspace's to say is not safe: it is not taken, nor sent, and nobody is asked."""
    home.write(
        "project/.dir-locals.el",
        '((nil . ((wic-settings . (:runtime "docker")) (wic-command . ("/bin/false"))'
        ' (wic-server-url . "ws://127.0.0.1:9"))))\n',
    )
    home.write("project/a.c", PLAIN.content)
    subprocess.run(["git", "init", "--quiet", home.files / "project"], check=True)

    state, layer, safe = emacs.run(
        home,
        """
        (setq enable-local-variables :safe)
        (drive-open "project/a.c")
        (list (drive-state) (wic--project-layer (wic--root) nil)
              (mapcar (lambda (one) (safe-local-variable-p (car one) (cdr one)))
                      '((wic-settings . (:runtime "docker")) (wic-settings . (:toolchains nil :cache nil))
                        (wic-command . ("wic-lsp")) (wic-server-url . "ws://x")
                        (wic-connect-arguments . ("a")))))
        """,
    )

    assert state[0] == "found"
    assert layer == {}
    assert not any(safe)


def test_chosen_toolchains_hold_at_once(emacs, home):
    """What was chosen compiles the buffer from then on; what can be chosen is asked of the machine."""
    home.write(PLAIN.name, PLAIN.content)

    known, before, after, left = emacs.run(
        home,
        """
        (drive-open "plain.c")
        (drive-state-is 'found)
        (list (drive-list (wic--known-toolchains "c"))
              (drive-diagnostics)
              (progn (wic-choose-toolchains '("clang-14")) (drive-state-is 'found) (drive-diagnostics))
              (progn (wic-choose-toolchains nil) (drive-state-is 'found) (drive-diagnostics)))
        """,
    )

    assert {"gcc-12", "clang-14"} <= set(known)
    assert before[0]["text"].startswith("wic gcc-")
    assert after[0]["text"].startswith("wic clang-14: ")
    assert left == before


def test_when_to_check_is_one_of_the_settings(emacs, home):
    """`wic-when` goes to the server under its name there; unset, it goes not at all."""
    home.write(".dir-locals.el", "((nil . ((wic-when . command))))\n")

    unset, own, projects = emacs.run(
        home,
        """
        (list (wic--user-layer)
              (progn (setq-default wic-when 'save wic-settings '(:flags (:c ("-Wall")))) (wic--user-layer))
              (wic--project-layer default-directory nil))
        """,
    )

    assert unset == {}
    assert own == {"flags": {"c": ["-Wall"]}, "when": "save"}
    assert projects == {"when": "command"}


@pytest.mark.parametrize(("when", "ask"), [("save", "(save-buffer)"), ("command", "(wic-check-now)")])
def test_a_text_that_is_to_be_checked_on_request_is_not_called_clean_before(emacs, home, when, ask):
    """An edit is neither checked nor called clean; the save, or the command, has it checked."""
    home.write(PLAIN.name, PLAIN.content)

    first, edited, asked = emacs.run(
        home,
        f"""
        (setq-default wic-when '{when})
        (drive-open "plain.c")
        {"" if when == "save" else "(drive-state-is 'not-checked) (wic-check-now)"}
        (list (progn (drive-state-is 'found) (car (wic-state)))
              (progn (drive-replace "cuont" "count") (drive-state))
              (progn {ask} (drive-state-is 'clean) (car (wic-state))))
        """,
    )

    assert (first, asked) == ("found", "clean")
    assert edited[0] == "not-checked"
    assert "Not checked since the edit" in edited[1]


def test_the_comparison_of_toolchains_is_shown(emacs, home):
    """The table that the server makes names each toolchain."""
    home.write(PLAIN.name, PLAIN.content)

    shown = emacs.run(
        home,
        """
        (setq-default wic-settings '(:toolchains (:c ("gcc-12" "clang-14"))))
        (drive-open "plain.c")
        (drive-state-is 'found)
        (call-interactively #'wic-show-matrix)
        (drive-shown "*wic matrix*")
        """,
    )

    assert "gcc-12" in shown
    assert "clang-14" in shown
