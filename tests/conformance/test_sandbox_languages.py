"""Each language in the sandbox, by whatever compiler of it this machine has."""

from __future__ import annotations

import pytest

from tests.conformance.languages import SAMPLES, check_text
from wic_lsp.discovery import Catalogue
from wic_lsp.model import Severity
from wic_lsp.toolchains.families import families, languages
from wic_runtimes.errors import RuntimeFailure

pytestmark = pytest.mark.engine("sandbox")


@pytest.fixture
async def toolchain(request, sandbox_bench, missing_engine):
    """Give the machine's own default for the language."""
    try:
        found = await Catalogue(sandbox_bench.runtime, families(), None).choose(request.param, None)
    except RuntimeFailure as failure:
        missing_engine(f"{languages()[request.param].title}: {failure} (tests/engines/compilers installs it)")
    if found.dialect.is_provisional:
        missing_engine(f"{found.id} is slow: {found.dialect.slow} (tests/engines/compilers does that)")
    return found


@pytest.fixture(params=["tsc-5.9", "tsc-7.0"])
async def typescript(request, sandbox_bench, missing_engine):
    """Give a TypeScript by its name."""
    try:
        return await Catalogue(sandbox_bench.runtime, families(), None).choose("typescript", request.param)
    except RuntimeFailure as failure:
        missing_engine(f"{failure} (tests/engines/compilers installs it)")


async def test_a_typescript_that_is_a_program_runs_as_one_that_is_a_script(typescript, sandbox_bench):
    """Since 7.0 it is one, and finds its library by where it lies itself."""
    sample = SAMPLES["typescript"]
    output, findings = await check_text(sandbox_bench.runtime, typescript, sample.right)
    assert (output.exit_code, findings) == (0, ()), output
    _, findings = await check_text(sandbox_bench.runtime, typescript, sample.wrong)
    assert [finding.place.range.start for finding in findings] == [sample.place], findings


@pytest.mark.parametrize("toolchain", sorted(languages()), indirect=True)
async def test_what_is_right_has_nothing_said_about_it(toolchain, sandbox_bench):
    """The compiler and its standard library are all there."""
    output, findings = await check_text(sandbox_bench.runtime, toolchain, SAMPLES[toolchain.language].right)
    assert (output.exit_code, findings) == (0, ()), output


@pytest.mark.parametrize("toolchain", sorted(languages()), indirect=True)
async def test_what_is_wrong_is_found_at_its_place(toolchain, sandbox_bench):
    """Once, and where it is."""
    sample = SAMPLES[toolchain.language]
    _, findings = await check_text(sandbox_bench.runtime, toolchain, sample.wrong)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    assert [finding.place.range.start for finding in errors] == [sample.place], findings
