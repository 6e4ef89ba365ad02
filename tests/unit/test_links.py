"""Links to documentation: official pages of the right version, and none where there is none."""

from __future__ import annotations

import re

import pytest

from tests.corpus.capture import TOOLCHAINS, cases_of
from tests.corpus.expect import parse_capture
from wic_lsp.toolchains.families import families

PAGES = {
    "gcc": r"https://gcc\.gnu\.org/onlinedocs/(?:gcc-\d+\.\d+\.0/)?gcc/[\w+-]+\.html#index-[\w+#=-]+",
    "clang": r"https://clang\.llvm\.org/docs/DiagnosticsReference\.html#w[a-z0-9-]+",
    "rustc": r"https://doc\.rust-lang\.org/(?:error_codes/E\d{4}\.html"
    r"|rustc/lints/listing/(?:warn|deny|allow)-by-default\.html#[a-z0-9-]+)",
    "python": r"https://docs\.python\.org/3/library/exceptions\.html#\w+",
    "go": None,
    "javac": None,
    "tsc": None,
    "zig": None,
}
"""None where a code has no page of its own, or there are no codes."""

LINK = "https://gcc.gnu.org/onlinedocs/gcc/Warning-Options.html#index-Wshadow"


@pytest.mark.parametrize("toolchain", sorted(TOOLCHAINS))
def test_every_link_is_to_a_page_of_the_compilers_own(toolchain):
    """Over all that was captured, and only where there is a code."""
    pattern = PAGES[toolchain.partition("-")[0]]
    found = {
        (one.code, one.code_url)
        for case in cases_of(toolchain)
        for one in parse_capture(toolchain, case.name)
        if one.code_url is not None
    }
    assert bool(found) is (pattern is not None)
    for code, url in found:
        assert code
        assert pattern is not None
        assert re.fullmatch(pattern, url), url


@pytest.mark.parametrize("toolchain", [name for name in TOOLCHAINS if name.startswith(("clang", "rustc"))])
def test_the_anchor_is_the_codes_own(toolchain):
    """As docutils and rustdoc make it of the code's name."""
    for case in cases_of(toolchain):
        for one in parse_capture(toolchain, case.name):
            if one.code_url is not None and one.code is not None:
                page, _, anchor = one.code_url.partition("#")
                name = anchor or page.rpartition("/")[2].removesuffix(".html")
                assert re.sub(r"[^a-z0-9]+", "-", one.code.lower()).strip("-") == name.lower()


@pytest.mark.parametrize(
    ("version", "url", "expected"),
    [
        ("12.2.0", LINK, LINK.replace("/gcc/", "/gcc-12.2.0/gcc/")),
        ("16.0.1", LINK, LINK),
        ("12", LINK, LINK),
        ("12.2.0", None, None),
        ("14.2.0", LINK.replace("/gcc/", "/gcc-14.2.0/gcc/"), LINK.replace("/gcc/", "/gcc-14.2.0/gcc/")),
        ("12.2.0", "https://example.org/gcc/", "https://example.org/gcc/"),
    ],
)
def test_gccs_manual_is_that_of_its_version(version, url, expected):
    """Where it was released: a snapshot has no edition, and a link that names one stays."""
    manual = families()["gcc"].manual
    assert manual is not None
    assert manual.pin(url, version) == expected


def test_no_other_family_has_editions():
    """Clang's reference, the error index and Python's documentation are linked to as they are now."""
    assert [name for name, one in families().items() if one.manual is not None] == ["gcc"]
