"""Parsers: what a compiler wrote, turned into findings. Pure functions, no IO.

Every parser has the same shape, `Parser`; a toolchain's file names its parser by a key of `PARSERS`.
"""
