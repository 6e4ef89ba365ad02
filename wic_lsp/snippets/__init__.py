"""From a document's text to the snippets in it: the parts that are compiled by themselves. No IO."""
