-- Nothing of the person stays behind.
TRUNCATE TABLE ${PRIVATE}.forget_identifiers
