"""A server that many clients share: one WebSocket, one LSP session each, one set of runtimes for all.

The only part of the server that knows aiohttp and Prometheus. `server` puts it together.
"""
