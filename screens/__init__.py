"""One module per business screen."""
