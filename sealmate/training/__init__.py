"""From self-edits to adapter weights."""
