"""Programs that are started and measured: ours and their peers, with the same content."""
