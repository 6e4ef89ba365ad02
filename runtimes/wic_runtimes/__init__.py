"""Runtimes: the places where a compile job runs in isolation.

This package knows nothing of languages, editors or LSP. It offers a contract (`contract`), a small
tree of errors (`errors`) and a registry of what is installed (`registry`); each runtime lives in a folder
of its own and is found through the entry-point group `wic_lsp.runtimes`, ours by the same door as anyone's.
It must never import `wic_lsp`.
"""
