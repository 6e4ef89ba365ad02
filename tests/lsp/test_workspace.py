"""The workspace's own settings, `wic.toml`, as the editor's documents are checked by them."""

from __future__ import annotations

import pytest

from tests.lsp.programs import make_uri

UNUSED = "int main() { int unused; }\n"
WALL = 'flags.cpp = ["-Wall"]\n'
engine = pytest.mark.engine("sandbox")
needs_engine = pytest.mark.usefixtures("engine")


def write(folder, text, name="wic.toml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@engine
@needs_engine
@pytest.mark.parametrize("pulls", [False, True], ids=["push", "pull"])
async def test_a_folders_file_counts_for_its_documents_from_the_first_check_on(start_editor, tmp_path, pulls):
    """Over what the editor says; a document elsewhere has the editor's settings."""
    write(tmp_path, WALL)
    editor = await start_editor(folders=(tmp_path,), options={"flags": {"cpp": ["-w"]}}, pulls=pulls)
    (found,) = await editor.check((tmp_path / "sub" / "a.cpp").as_uri(), UNUSED)
    assert found.code == "-Wunused-variable"
    assert await editor.check(make_uri()[0], UNUSED) == []
    assert [one.version for one in editor.published] == ([] if pulls else [1, 1])
    assert await editor.quit() == 0


@engine
@needs_engine
@pytest.mark.parametrize("tell", ["save", "watch"])
async def test_a_file_that_changes_is_obeyed_at_once(start_editor, tmp_path, tell):
    """Where the editor saves it, and where it is asked to watch it and tells."""
    file = write(tmp_path, "")
    editor = await start_editor(folders=(tmp_path,), watches=tell == "watch")
    uri = (tmp_path / "a.cpp").as_uri()
    assert await editor.check(uri, UNUSED) == []
    if tell == "watch":
        (asked,) = await editor.wait_for(lambda: editor.registered or None, "the registration")
        (registration,) = asked.registrations
        assert registration.method == "workspace/didChangeWatchedFiles"
        patterns = [one["globPattern"] for one in registration.register_options["watchers"]]
        assert patterns[:2] == ["**/wic.toml", "**/.wic.toml"]
    after = len(editor.published)
    file.write_text(WALL, encoding="utf-8")
    if tell == "watch":
        editor.touch(tmp_path / "other.txt", file)
    else:
        editor.save(file.as_uri())
    assert len(await editor.shown(uri, 1, after=after)) == 1
    assert await editor.quit() == 0


@engine
@needs_engine
async def test_folders_come_and_go(start_editor, tmp_path):
    """A folder that is opened later is read then, one that is closed says nothing any more."""
    write(tmp_path, WALL)
    editor = await start_editor()
    uri = (tmp_path / "a.cpp").as_uri()
    assert await editor.check(uri, UNUSED) == []
    for move, count in (({"opened": [tmp_path]}, 1), ({"closed": [tmp_path]}, 0)):
        after = len(editor.published)
        editor.move(**move)
        assert len(await editor.shown(uri, 1, after=after)) == count
    assert await editor.quit() == 0


async def test_what_a_file_may_not_say_is_told(start_editor, tmp_path):
    """With the file's name; a file that cannot be read is told, too, and both stop nothing."""
    first, second = tmp_path / "a", tmp_path / "b"
    write(first, 'runtime = "moon"\ntimeoutSeconds = 600\n')
    write(second, "runtime =")
    editor = await start_editor(folders=(first, second))
    await editor.warned(f"{first}/wic.toml: wic.runtime cannot be set by a workspace")
    await editor.warned(f"{first}/wic.toml: wic.timeoutSeconds cannot be raised by a workspace")
    await editor.warned(f"{second}/wic.toml cannot be read")
    assert await editor.quit() == 0
    assert b"Traceback" not in editor.errors


@engine
@needs_engine
async def test_a_comment_goes_before_all_settings(start_editor, tmp_path):
    """What its author says of the document counts; a word that means nothing is an error on that word."""
    write(tmp_path, 'standards.cpp = "c++11"\n')
    editor = await start_editor(folders=(tmp_path,))
    uri = (tmp_path / "a.cpp").as_uri()
    text = "// wic: -std=c++20 -Wall\ntemplate <class T> concept Any = true;\n"
    assert await editor.check(uri, text) == []
    editor.change(uri, 2, text.replace("-Wall", "-Wall g++-12"))
    (found,) = await editor.shown(uri, 2)
    assert found.message == "There is no toolchain 'g++-12'. Did you mean 'gcc-12'?"
    assert (found.range.start.line, found.range.start.character, found.range.end.character) == (0, 25, 31)
    (action, *_) = await editor.actions(uri, found.range)
    (change,) = action.edit.document_changes
    assert [(one.range, one.new_text) for one in change.edits] == [(found.range, "gcc-12")]
    assert await editor.quit() == 0
