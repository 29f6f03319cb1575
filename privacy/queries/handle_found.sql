-- True where a column of handles holds one of theirs.
lower(toString(${COLUMN})) IN (SELECT value FROM ${PRIVATE}.forget_identifiers WHERE kind = 'handle')
