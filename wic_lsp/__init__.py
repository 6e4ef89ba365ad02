"""Will it compile? A language server that compiles what is being edited, in isolation."""

__version__ = "0.1.0"
