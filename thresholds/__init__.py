"""The thresholds that people edit: the file, its versions, and what an edit would change."""
