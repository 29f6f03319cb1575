"""Responses as they came, kept in ClickHouse."""
