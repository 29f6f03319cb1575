"""Polling: when what is asked of an upstream, and how its answers get into Kafka exactly once."""
