"""`wic connect`: an editor's standard input and output, carried to a shared server and back.

The only part of the program besides `serving` that knows aiohttp. It knows no LSP but `exit`.
"""
