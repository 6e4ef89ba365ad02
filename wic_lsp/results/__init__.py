"""What is remembered of compiles: in memory, then in a file of the user's. Only `levels` is for others."""
