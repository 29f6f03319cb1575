"""Queries of the search."""
