-- Takes away the rows whose copies are there, and waits for it; the command, which the server keeps, names nobody. Other partitions are
-- not read.
ALTER TABLE ${TABLE} DELETE
WHERE _partition_id IN (${PARTITIONS}) AND sipHash64(toString(tuple(${COLUMNS}))) IN (SELECT row FROM ${PRIVATE}.forget_rows)
SETTINGS mutations_sync = 2
