"""How a benchmark's figures are told: both medians, and the median of the ratios and of the differences."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def report(name: str, ours: Sequence[float], floor: Sequence[float]) -> tuple[float, float]:
    """Print both medians; return the median ratio and the median difference in milliseconds."""
    ratio = statistics.median(one / other for one, other in zip(ours, floor, strict=True))
    extra = statistics.median((one - other) * 1000 for one, other in zip(ours, floor, strict=True))
    medians = (
        f"ours {statistics.median(ours) * 1000:7.1f} ms   floor {statistics.median(floor) * 1000:7.1f} ms"
    )
    print(f"{name:26} {medians}   ratio {ratio:5.2f}   above {extra:+6.1f} ms   ({len(ours)} rounds)")
    return ratio, extra
