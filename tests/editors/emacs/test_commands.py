"""The commands of wic in Emacs, and what they show."""

from __future__ import annotations

import subprocess

import pytest

from tests.editors.texts import FENCES, PLAIN

pytestmark = pytest.mark.usefixtures("server")


def test_what_the_compilers_write_for_people_is_shown(emacs, home):
    """The command, who compiled it where, and the compiler's own text."""
    home.write("notes.md", FENCES)

    shown = emacs.run(
        home,
        '(drive-open "notes.md") (drive-state) (call-interactively #\'wic-show-output)'
        ' (drive-shown "*wic output*")',
    )

    assert "notes.md:3, gcc-" in shown
    assert "notes.md:9, gcc-" in shown
    assert "error: " in shown
    assert "cuont" in shown
    assert "\x1b" not in shown


def test_a_check_is_asked_for_and_the_runtime_restarted(emacs, home):
    """Both end with a result of the same text; until it comes nothing is called clean."""
    home.write(PLAIN.name, PLAIN.mended)

    states = emacs.run(
        home,
        """
        (drive-open "plain.c")
        (list (drive-state)
              (progn (call-interactively #'wic-check-now) (wic-state))
              (drive-state)
              (progn (setq wic--result nil) (call-interactively #'wic-restart-runtime) (drive-state)))
        """,
    )

    assert states == [["clean"], ["checking"], ["clean"], ["clean"]]


def test_the_doctor_says_what_works(emacs, home):
    """Its words are in a buffer, with how it ended."""
    shown = emacs.run(
        home,
        """
        (call-interactively #'wic-doctor)
        (drive-wait "the doctor" (lambda () (with-current-buffer "*wic doctor*"
                                              (string-match-p "It has ended with" (buffer-string)))))
        (drive-shown "*wic doctor*")
        """,
    )

    assert "sandbox" in shown
    assert "\x1b" not in shown


def test_what_the_server_refuses_is_said_in_its_words(emacs, home):
    """An image that is no compiler's is not pulled, and the reason is shown."""
    home.write(PLAIN.name, PLAIN.mended)

    warnings, nothing = emacs.run(
        home,
        """
        (drive-open "plain.c")
        (drive-state)
        (wic-pull-image "no-compiler:1")
        (drive-wait "a refusal" (lambda () drive-warnings))
        (list (drive-list drive-warnings) (drive-refusal #'wic-cancel))
        """,
    )

    assert len(warnings) == 1
    assert "no-compiler:1" in warnings[0]
    assert nothing == "Nothing takes long"


@pytest.mark.engine("docker")
def test_an_image_that_is_missing_is_offered(emacs, home, missing_engine):
    """`wic-pull-image` proposes the image that the server says is missing."""
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        missing_engine("no container engine answers: tests/engines/docker up starts one")
    home.write(PLAIN.name, PLAIN.mended)

    missing = emacs.run(
        home,
        """
        (setq-default wic-settings '(:runtime "docker" :toolchains (:c ["gcc-9"])))
        (drive-open "plain.c")
        (drive-state-is 'not-checked)
        (wic--missing-images)
        """,
    )

    assert missing == ["gcc:9"]


def test_where_nothing_is_checked_the_commands_say_why(emacs, home):
    """They are no use in a buffer that is not checked, and say so."""
    told = emacs.run(
        home,
        """
        (with-temp-buffer
          (mapcar #'drive-refusal
                  (list #'wic-fix #'wic-check-now #'wic-show-output #'wic-show-matrix #'wic-restart
                        #'wic-mode)))
        """,
    )

    assert told[:5] == ["This buffer is not checked: M-x wic-mode"] * 5
    assert told[5] == "Nothing can be checked here: the buffer visits no file"
