"""Takes the picture for the READMEs: `python -m tests.editors.vscode.picture`, as root on Debian.

It is of a real VS Code, as the tests drive it, with the package that lies in the extension's folder.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import expect

from tests.editors.conftest import EDITORS, ROOT, make_home
from tests.editors.vscode.code_server import chromium, install_extension
from tests.editors.vscode.conftest import editing

TEXT = """\
#include <vector>

struct Item {
    int count = 0;
};

int total(const std::vector<Item>& items) {
    int sum = 0;
    for (const Item& item : items)
        sum += item.cuont;
    return sum;
}
"""
SETTINGS = {
    "wic.toolchains": {"cpp": ["gcc-11", "gcc-12", "clang-14"]},
    "editor.hover.above": False,
    "workbench.activityBar.location": "hidden",
    "workbench.sideBar.location": "right",
    "editor.fontSize": 15,
    "editor.occurrencesHighlight": "off",
}


def main() -> None:
    """Take it."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        extensions = folder / "extensions"
        installing = make_home(folder / "installing")
        install_extension(EDITORS / "vscode/wic-lsp.vsix", extensions, installing)
        own = folder / "own"
        own.mkdir()
        with editing(browser, own, extensions, {"inventory.cpp": TEXT}, SETTINGS) as (window, _):
            window.open_file("inventory.cpp")
            expect(window.status).to_contain_text("wic: 2 errors")
            window.show_problems()
            window.run("View: Close Primary Side Bar")
            window.focus_editor()
            window.go_to(1, 1)
            expect(window.lenses).to_contain_text("clang-14")
            hover = window.hover("cuont").first
            expect(hover).to_contain_text("^~~~~")
            window.page.wait_for_timeout(1000)
            window.shoot("picture").replace(ROOT / "docs/vscode.png")


if __name__ == "__main__":
    main()
