"""How far a transfer has come, as people read it."""

from __future__ import annotations

import pytest

from wic_lsp.transfers import describe, percent
from wic_runtimes.contract import Transfer


@pytest.mark.parametrize(
    ("transfer", "words", "parts"),
    [
        (Transfer("asking"), "asking", None),
        (Transfer("downloading", 12_345_678), "downloading, 12.3 MB", None),
        (Transfer("downloading", 12_300_000, 48_000_000), "downloading, 12.3 of 48.0 MB", 25),
        (Transfer("downloading", 0, 48_000_000), "downloading, 0.0 of 48.0 MB", 0),
        (Transfer("unpacking", 999, 1000), "unpacking, 0.0 of 0.0 MB", 99),
        (Transfer("unpacking", 1001, 1000), "unpacking, 0.0 of 0.0 MB", 100),
    ],
)
def test_a_transfer_is_told_in_megabytes_and_in_percent(transfer, words, parts):
    """All is done only when it is, and nothing is made up where it is not known."""
    assert (describe(transfer), percent(transfer)) == (words, parts)
