"""The `tokpulse` command: one module per sub-command."""
