"""The gjj command, one module per subcommand."""
