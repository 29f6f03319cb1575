"""A fake LIVE service: seeded rooms on real WebSockets, with the limits of the documents and scripted bad days."""
