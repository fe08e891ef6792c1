"""`gjj export`: a query as a file. It is `gjj query` with the file as an argument."""

from cli.query_cmd import add_export_parser as add_parser
from cli.query_cmd import run_export as run

__all__ = ["add_parser", "run"]
