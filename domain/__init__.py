"""What both sides agree on: rules, business declarations, center profiles and the wire contract."""
