"""What the subcommands of `wic` do. Each is loaded only when it is called."""
