"""The declared businesses; each is stated once and read by every room."""
