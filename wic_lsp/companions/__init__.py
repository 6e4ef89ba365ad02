"""The other files that a source file needs: found by what its text names, and sent along with it."""
