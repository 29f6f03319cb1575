-- Takes away the rows whose copies are there; the command, which the server keeps, names nobody.
ALTER TABLE ${TABLE} DELETE WHERE sipHash64(toString(tuple(${COLUMNS}))) IN (SELECT row FROM ${PRIVATE}.forget_rows)
SETTINGS mutations_sync = 2
