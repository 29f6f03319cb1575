"""Flink's REST API; `java/` has what jobs load into Flink."""
