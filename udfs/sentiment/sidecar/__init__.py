"""A sentiment model in another process, over gRPC: its definition, a client and a reference server."""
