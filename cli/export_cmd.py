"""`gjj export`: a query as a file; see `cli.query_cmd`."""

from cli.query_cmd import add_export as add_parser

__all__ = ["add_parser"]
