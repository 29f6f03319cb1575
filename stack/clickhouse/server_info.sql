-- What every response's headers say about the server: one row.
SELECT displayName(), timezone()
