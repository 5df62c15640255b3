"""From passages to self-edits and probes."""
