"""What a user of Emacs sees of wic while editing: diagnostics, fixes, the mode line."""

from __future__ import annotations

import pytest

from tests.editors.texts import FENCES, PLAIN, TEXTS, WIDE

pytestmark = pytest.mark.usefixtures("server")


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_an_error_is_shown_at_its_very_characters(emacs, home, text):
    """Flymake shows the compiler's words at the misspelt name, whatever stands before it on its line."""
    home.write(text.name, text.content)

    shown = emacs.run(home, f'(drive-open "{text.name}") (drive-state) (drive-diagnostics)')

    assert len(shown) == 1
    assert (shown[0]["line"], shown[0]["start"], shown[0]["end"]) == (text.line, text.start, text.end)
    assert shown[0]["type"] == ":error"
    assert shown[0]["text"].startswith("wic gcc-")
    assert text.wrong in shown[0]["text"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_an_edit_that_mends_the_error_makes_it_go_and_one_that_breaks_it_again_brings_it_back(
    emacs, home, text
):
    """What is shown follows the text, change by change."""
    home.write(text.name, text.content)
    right = text.mended[len(text.content) - len(text.mended) :] and "count"

    before, mended, broken = emacs.run(
        home,
        f"""
        (drive-open "{text.name}")
        (list (car (drive-state))
              (progn (drive-replace "{text.wrong}" "{right}") (drive-state) (drive-diagnostics))
              (progn (undo-boundary) (drive-replace "{right}" "{text.wrong}") (drive-state)
                     (drive-diagnostics)))
        """,
    )

    assert before == "found"
    assert mended == []
    assert [(one["line"], one["start"], one["end"]) for one in broken] == [(text.line, text.start, text.end)]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_the_fix_at_point_makes_the_text_right_and_is_undone_at_once(emacs, home, text):
    """`wic-fix` puts the right name in the place of the wrong one and nothing else; then nothing is shown."""
    home.write(text.name, text.content)

    fixed, state, undone = emacs.run(
        home,
        f"""
        (drive-open "{text.name}")
        (buffer-enable-undo)
        (drive-state)
        (drive-go-to "{text.wrong}")
        (undo-boundary)
        (call-interactively #'wic-fix)
        (list (buffer-string)
              (drive-state)
              (progn (undo-boundary) (primitive-undo 1 (cdr buffer-undo-list)) (buffer-string)))
        """,
    )

    assert fixed == text.mended
    assert state == ["clean"]
    assert undone == text.content


def test_a_fix_asked_for_at_once_after_an_edit_waits_for_the_compiler(emacs, home):
    """The fix is that of the text on the screen, not of the one before."""
    home.write(PLAIN.name, PLAIN.mended)

    fixed = emacs.run(
        home,
        """
        (drive-open "plain.c")
        (drive-state)
        (drive-replace "count;" "couunt;")
        (drive-go-to "couunt")
        (call-interactively #'wic-fix)
        (buffer-string)
        """,
    )

    assert fixed == PLAIN.mended


def test_an_action_is_chosen_by_its_title_and_all_sure_fixes_are_one(emacs, home):
    """`wic-code-actions` offers what the server does; `wic-fix-all` mends all that is sure."""
    home.write("two.cpp", "int f(int count) { return cuont; }\n")

    titles, chosen, everything = emacs.run(
        home,
        """
        (drive-open "two.cpp")
        (drive-state)
        (drive-go-to "cuont")
        (let (titles)
          (cl-letf (((symbol-function 'completing-read)
                     (lambda (_prompt collection &rest _)
                       (setq titles (mapcar #'car collection))
                       (caar collection))))
            (call-interactively #'wic-code-actions))
          (list (drive-list titles)
                (buffer-string)
                (progn (erase-buffer)
                       (insert "struct A { int one; }\\nstruct B { int two; }\\n")
                       (call-interactively #'wic-fix-all)
                       (buffer-string))))
        """,
    )

    assert len(titles) == 1
    assert "count" in titles[0]
    assert chosen == "int f(int count) { return count; }\n"
    assert everything == "struct A { int one; };\nstruct B { int two; };\n"


def test_a_block_of_markdown_is_checked_in_whatever_mode_emacs_has_for_it(emacs, home):
    """An error in the second of two blocks is shown in the document, at its characters."""
    home.write("notes.md", FENCES)

    shown = emacs.run(home, '(drive-open "notes.md") (drive-state) (drive-diagnostics)')

    assert [(one["line"], one["start"], one["end"]) for one in shown] == [(9, 25, 30)]


def test_a_language_that_emacs_has_no_mode_for_is_known_by_the_files_name(emacs, home):
    """Rust is checked in Emacs 28 too, which opens it as plain text."""
    home.write("main.rs", "fn main() {\n    let x: i32 = none;\n}\n")

    shown = emacs.run(home, '(drive-open "main.rs") (drive-state) (drive-diagnostics)')

    assert [(one["line"], one["start"], one["end"]) for one in shown] == [(1, 17, 21)]
    assert shown[0]["text"].startswith("wic rustc-")
    assert shown[0]["text"].endswith("[E0425]")


def test_the_mode_line_says_clean_of_the_compiled_text_alone(emacs, home):
    """It says how many errors there are, "checking" from the edit on, and "clean" when that was compiled."""
    home.write(PLAIN.name, PLAIN.content)

    said = emacs.run(
        home,
        f"""
        (drive-open "{PLAIN.name}")
        (let ((say (lambda () (drive-mode-line))))
          (list (funcall say)
                (progn (drive-state) (funcall say))
                (progn (drive-replace "cuont" "count") (funcall say))
                (progn (drive-state) (funcall say))))
        """,
    )

    assert said == [" wic[checking]", " wic[1 error]", " wic[checking]", " wic[clean]"]


@pytest.mark.parametrize(
    "edit",
    [
        '(let ((inhibit-modification-hooks t)) (drive-replace "count;" "cuont;"))',
        '(with-current-buffer (clone-indirect-buffer "clone" nil) (drive-replace "count;" "cuont;"))',
    ],
    ids=["untold", "in a clone"],
)
def test_an_edit_that_emacs_tells_nobody_of_is_noticed(emacs, home, edit):
    """The text that was clean is so no longer, and what is there now is compiled."""
    home.write(PLAIN.name, PLAIN.mended)

    states = emacs.run(
        home,
        f"""
        (drive-open "plain.c")
        (list (drive-state)
              (progn {edit} (wic-state))
              (progn (drive-mode-line) (drive-state)))
        """,
    )

    assert states == [["clean"], ["checking"], ["found", 1, 0, 0]]


def test_what_was_not_compiled_is_not_called_clean(emacs, home):
    """A toolchain that is not there: the mode line and a note at the top say that nothing was checked."""
    home.write(PLAIN.name, PLAIN.mended)

    said, shown = emacs.run(
        home,
        """
        (setq-default wic-settings '(:toolchains (:c ["gcc-2"])))
        (drive-open "plain.c")
        (drive-state)
        (list (drive-mode-line) (drive-diagnostics))
        """,
    )

    assert said == " wic[not checked]"
    assert len(shown) == 1
    assert "Not compiled" in shown[0]["text"]
    assert shown[0]["type"] == ":note"


EDITS = """
(drive-open "wide.c")
(goto-char (point-min))
(insert "/*\\n" (make-string 400 ?x) "\\n*/\\n")
(let ((pieces ["\\n" "a\\u0301" "\\t" "\\U0001f468\\u200d\\U0001f469" "\\r\\n" "\\r" "\\u2028" "plain"
               "\\x3fff80"])
      (rounds 0)
      (top (save-excursion (goto-char (point-min)) (search-forward "*/")
                           (copy-marker (- (point) 3)))))
  (random "the same each time")
  (dotimes (round 6)
    (dotimes (_ 25)
      (let* ((place (+ 4 (random (- top 4))))
             (other (min (1- top) (+ place (random 9)))))
        (goto-char place)
        (pcase (random 6)
          ((or 0 1 2) (insert (aref pieces (random (length pieces)))))
          (3 (delete-region place other))
          (4 (upcase-region place other))
          (5 (save-restriction
               (narrow-to-region place other)
               (subst-char-in-region place other ?x ?y)
               (translate-region place other (let ((table (make-string 256 ?z)))
                                               (dotimes (i 256) (aset table i i)) table)))))))
    (drive-state)
    (let ((all (drive-diagnostics)))
      (drive-go-to "cuont")
      (unless (and (= (length all) 1)
                   (= (flymake-diagnostic-beg (car (flymake-diagnostics))) (point))
                   (= (flymake-diagnostic-end (car (flymake-diagnostics))) (+ 5 (point))))
        (error "Round %d: %S, but it is at %d" round all (point)))
      (setq rounds (1+ rounds))))
  rounds)
"""
"""Among them are lone carriage returns, bytes that are no text, edits in a narrowed buffer, and changes of
letters in place."""


def test_the_server_follows_any_edit_exactly(emacs, home):
    """After many edits of all kinds above it, the error is still shown at its very characters."""
    home.write(WIDE.name, WIDE.content)

    assert emacs.run(home, EDITS) == 6


def test_what_the_compiler_knows_besides_is_shown_at_point(emacs, home):
    """ElDoc has the server's hover for the diagnostic at point, and asks for none elsewhere."""
    home.write(PLAIN.name, PLAIN.content)

    elsewhere, told = emacs.run(
        home,
        """
        (drive-open "plain.c")
        (drive-state)
        (let (told)
          (goto-char (point-min))
          (list (wic-eldoc (lambda (&rest _) (error "Nothing is known of this")))
                (progn (drive-go-to "cuont")
                       (wic-eldoc (lambda (text &rest _) (setq told text)))
                       (drive-wait "a hover" (lambda () told))
                       (substring-no-properties told))))
        """,
    )

    assert elsewhere is None
    assert "cuont" in told


def test_turning_it_off_takes_all_of_it_away(emacs, home):
    """Diagnostics, hooks and Flymake go, and the server that nobody uses ends."""
    home.write(PLAIN.name, PLAIN.content)

    shown, flymake, alive = emacs.run(
        home,
        """
        (setq wic-keep-server 0)
        (drive-open "plain.c")
        (drive-state)
        (let ((process (jsonrpc--process wic--server)))
          (wic-mode -1)
          (drive-wait "the server's end" (lambda () (not (process-live-p process))))
          (list (drive-diagnostics) flymake-mode (hash-table-count wic--servers)))
        """,
    )

    assert (shown, flymake, alive) == ([], None, 0)
