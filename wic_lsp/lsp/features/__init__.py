"""One module per LSP feature. Each registers its handlers; none keeps state of its own."""
