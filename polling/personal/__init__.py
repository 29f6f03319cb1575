"""People: pseudonyms, and those who are forgotten."""
