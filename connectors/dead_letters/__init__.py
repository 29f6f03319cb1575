"""Dead letters: reading, counting and replaying what `<topic>.dlq` holds."""
