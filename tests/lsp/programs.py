"""Programs that tests give to the compiler."""

from __future__ import annotations

import uuid

CLEAN = "int main() { return 0; }\n"
WRONG = "int main() { return nothing; }\n"

ENDLESS = """\
constexpr unsigned long spin() {
    unsigned long x = 0;
    for (unsigned i = 0; i < 100000; ++i)
        for (unsigned j = 0; j < 100000; ++j)
            for (unsigned k = 0; k < 100000; ++k)
                x += i ^ j ^ k;
    return x;
}
static_assert(spin() == 1);
"""
"""Needs ENDLESS_FLAGS, or the compiler gives up after some seconds by itself."""

ENDLESS_FLAGS = {"cpp": ["-fconstexpr-ops-limit=2147483647000"]}

GREEDY = """\
template <int N, int M> struct Node {
    Node<N - 1, 2 * M % 7919> left;
    Node<N - 1, (2 * M + N) % 7907> right;
};
template <int M> struct Node<0, M> { char c[M + 1]; };
Node<24, 1> root;
"""
"""Needs more memory than any limit: two to the power of 24 classes."""


def flood(kilobytes: int = 100) -> str:
    """Return a program of that size that makes a hundred times as much output."""
    assertions = "static_assert(false, TEXT);\n" * 100
    return f'#define TEXT "{"A" * 1024 * kilobytes}"\n{assertions}'


def make_uri(ending: str = ".cpp") -> tuple[str, str]:
    """Return a URI whose file name no other process on this machine mentions, and that name."""
    name = f"marker_{uuid.uuid4().hex}{ending}"
    return f"file:///nowhere/{name}", name
