"""Matching a user's patterns against what a compiler wrote, in a process of its own."""
