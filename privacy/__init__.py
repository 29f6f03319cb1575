"""Makes a person untraceable in topics and tables, and keeps what was counted."""
