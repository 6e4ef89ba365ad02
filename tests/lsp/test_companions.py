"""The files that go with a document, as the editor shows them and as they lie in its workspace."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.lsp.editor import at

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

MAIN = '#include "../include/twice.h"\nint main() { return twice(1); }\n'
RIGHT = "inline int twice(int x) { return 2 * x; }\n"
# An astral character before the error: two UTF-16 units, one code point.
WRONG = 'inline int twice(int x) { return sizeof("\U0001f600") + unheard_of; }\n'


@pytest.fixture
def place(tmp_path):
    """Give a workspace with a source file that includes a header, which is right on the disk."""
    for folder in ("src", "include"):
        (tmp_path / "w" / folder).mkdir(parents=True)
    (tmp_path / "w" / "src" / "a.cpp").write_text(MAIN)
    (tmp_path / "w" / "include" / "twice.h").write_text(RIGHT)
    return tmp_path / "w"


def uris(place):
    return (place / "src" / "a.cpp").as_uri(), (place / "include" / "twice.h").as_uri()


async def news_of(editor, uri, after):
    """Return the first publication for a file after so many."""

    def find():
        return next((one for one in editor.published[after:] if one.uri == uri), None)

    return await editor.wait_for(find, f"news of {uri}")


async def test_an_edit_to_an_unsaved_header_changes_what_its_user_is_shown(start_editor, place):
    """The editor's text goes before the disk: wrong while it is, and right again when it is closed."""
    editor = await start_editor(folders=(place,))
    source, header = uris(place)
    assert await editor.check(source, MAIN) == []
    after = len(editor.published)
    editor.open(header, RIGHT)
    await editor.shown(header, 1)
    await news_of(editor, source, after)  # it is checked again, with what the editor shows
    after = len(editor.published)
    editor.change(header, 2, WRONG)
    (found,) = (await news_of(editor, source, after)).diagnostics
    assert "unheard_of" in found.message
    assert found.range == at(0, 9, 29)
    (there, *_) = found.related_information
    assert there.location == types.Location(header, at(0, 48, 58))
    after = len(editor.published)
    editor.close(header)
    assert (await news_of(editor, source, after)).diagnostics == ()
    assert await editor.quit() == 0


@pytest.mark.parametrize("related", [True, False])
async def test_a_finding_in_a_closed_header_is_published_on_the_header(start_editor, place, related):
    """At its own place, in the editor's units, and cleared when what includes it is closed."""
    (place / "include" / "twice.h").write_text(WRONG)
    editor = await start_editor(folders=(place,), related=related)
    source, header = uris(place)
    assert len(await editor.check(source, MAIN)) == 1
    news = await news_of(editor, header, 0)
    (found,) = news.diagnostics
    assert (found.range, news.version) == (at(0, 48, 58), None)
    assert "unheard_of" in found.message
    ways = [one.location for one in found.related_information or ()]
    assert ways[:1] == ([types.Location(source, at(0, 9, 29))] if related else [])
    after = len(editor.published)
    editor.close(source)
    assert (await news_of(editor, header, after)).diagnostics == ()
    assert await editor.quit() == 0


async def test_what_both_find_is_shown_once(start_editor, place):
    """A header that is open has its own check; of what others find in it only what is new is added."""
    editor = await start_editor(folders=(place,))
    source, header = uris(place)
    editor.open(header, WRONG)
    await editor.shown(header, 1)
    assert len(await editor.check(source, MAIN)) == 1
    await editor.run("wic.checkNow", header)
    last = [one for one in editor.published if one.uri == header][-1]
    assert (len(last.diagnostics), last.version) == (1, 1)
    assert await editor.quit() == 0


async def test_what_only_the_user_of_a_header_finds_is_shown_in_it_too(start_editor, place):
    """As what depends on what stands before the include; and only for the version that it was found in."""
    text = "inline int twice(int x) { return\n#ifdef BAD\nunheard_of\n#endif\n2 * x; }\n"
    editor = await start_editor(folders=(place,))
    source, header = uris(place)
    editor.open(header, text)
    assert await editor.shown(header, 1) == []
    after = len(editor.published)
    editor.open(source, "#define BAD\n" + MAIN)
    news = await news_of(editor, header, after)
    assert (news.version, len(news.diagnostics) > 0) == (1, True)
    assert news.diagnostics[0].range.start.line in {2, 4}
    after = len(editor.published)
    editor.change(header, 2, text.replace("unheard_of", "1 +"))
    assert (await news_of(editor, source, after)).diagnostics == ()
    assert (await news_of(editor, header, after)).diagnostics == ()
    assert await editor.quit() == 0


async def test_a_client_that_pulls_gets_them_with_the_documents_own(start_editor, place):
    """And is asked to pull again when a header has changed; what is repaired is cleared."""
    editor = await start_editor(folders=(place,), pulls=True, refreshes=True)
    source, header = uris(place)
    editor.open(header, WRONG)
    await editor.pull(header)
    editor.open(source, MAIN)
    report = await editor.pull(source)
    assert len(report.items) == 1
    (of_header,) = report.related_documents.values()
    assert list(report.related_documents) == [header]
    assert [one.range for one in of_header.items] == [at(0, 48, 58)]
    before = editor.refreshes
    editor.change(header, 2, RIGHT)
    await editor.wait_for(lambda: editor.refreshes > before or None, "a refresh")
    report = await editor.pull(source, report.result_id)
    assert list(report.items) == []
    assert await editor.quit() == 0


async def test_a_file_that_changes_on_the_disk_is_read_again(start_editor, place):
    """Where the editor can watch files, it is asked to, and tells."""
    editor = await start_editor(folders=(place,), watches=True)
    source, _ = uris(place)
    assert await editor.check(source, MAIN) == []
    (asked,) = await editor.wait_for(lambda: editor.registered or None, "the registration")
    patterns = [one["globPattern"] for one in asked.registrations[0].register_options["watchers"]]
    assert {"**/*.h", "**/*.go", "**/*.rs"} < set(patterns)
    (place / "include" / "twice.h").write_text(WRONG)
    after = len(editor.published)
    editor.touch(place / "include" / "twice.h")
    assert len((await news_of(editor, source, after)).diagnostics) == 1
    assert await editor.quit() == 0


async def test_a_link_out_of_the_workspace_is_not_followed(start_editor, place):
    """Nor is `..`: the user is told, and nothing of the file reaches the compiler."""
    (place.parent / "secret.h").write_text("#error the secret\n")
    (place / "src" / "link.h").symlink_to("../../secret.h")
    editor = await start_editor(folders=(place,))
    source, _ = uris(place)
    text = '#include "link.h"\n#include "../../secret.h"\nint main() {}\n'
    found = await editor.check(source, text)
    assert not any("the secret" in one.message for one in found)
    left_out = [one for one in found if one.code == "left-out"]
    assert [(one.range, one.severity) for one in left_out] == [
        (at(0, 9, 17), types.DiagnosticSeverity.Information),
        (at(1, 9, 25), types.DiagnosticSeverity.Information),
    ]
    assert all("outside of the workspace" in one.message for one in left_out)
    assert await editor.quit() == 0


async def test_a_folder_that_is_closed_is_read_no_longer(start_editor, place):
    """The documents are checked again by what the workspace has now."""
    editor = await start_editor(folders=(place,))
    source, _ = uris(place)
    assert await editor.check(source, MAIN) == []
    other = place.parent / "other"
    other.mkdir()
    after = len(editor.published)
    editor.move(closed=[place], opened=[other])
    found = (await news_of(editor, source, after)).diagnostics
    assert "left-out" in {one.code for one in found}
    assert await editor.quit() == 0
