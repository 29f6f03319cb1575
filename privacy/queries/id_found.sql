-- True where a column of ids holds one of theirs.
${COLUMN} IN (SELECT value FROM ${PRIVATE}.forget_identifiers WHERE kind = 'id')
