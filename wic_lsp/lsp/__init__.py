"""The language server: the only package that knows pygls and lsprotocol.

Importing this package alone must stay cheap; its modules import what they need.
"""
