"""Clients of the services that posts, comments and user profiles are read from."""
