-- For the next table.
TRUNCATE TABLE ${PRIVATE}.forget_rows
