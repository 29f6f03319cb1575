"""What people put on a watchlist: how it is read and edited, whom its handles lead to, and what it costs."""
