"""A fake of the upstream services: both dialects over HTTP on loopback, above a simulated universe, with scripted bad days."""
