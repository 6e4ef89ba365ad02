"""Toolchains as data: families of compilers, the languages they compile, and one compiler at one version."""
