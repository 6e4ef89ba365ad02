"""A workspace that is a dictionary, for tests of what goes with a document."""

from __future__ import annotations

from wic_lsp.companions.gather import Refusal, Source, gather


class FakeReader:
    """Reads from `files`: texts by their paths, or why one is not read. Remembers what was asked for."""

    def __init__(self, files):
        self.files = files
        self.asked = []

    def read(self, path, most_bytes):
        """Return the file."""
        self.asked.append(path)
        found = self.files.get(path, Refusal.ABSENT)
        if isinstance(found, Refusal):
            return found
        content = found.encode() if isinstance(found, str) else found
        if len(content) > most_bytes:
            return Refusal.TOO_LARGE
        return Source(content, content.decode("utf-8", "replace"), f"file://{path}")

    def names(self, folder):
        """Return the names of the files that lie in a folder."""
        return tuple(path.rpartition("/")[2] for path in self.files if path.rpartition("/")[0] == folder)


def gathered(language, files, main=None):
    """Gather what goes with the first of `files`, or with `main`."""
    main = main or next(iter(files))
    return gather(main, main.rpartition("/")[2], files[main], language, FakeReader(files))


def paths_of(found):
    """Return the job's paths of what travels, the document's own first."""
    return [found.name, *(file.path for file in found.files)]


def told(found):
    """Return what is left out, and why."""
    return [(one.said, one.why) for one in found.left_out]
