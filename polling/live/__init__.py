"""LIVE rooms: who is on air, what happens there, and when it was watched."""
