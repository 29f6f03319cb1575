-- 1 if pseudonyms have their key.
SELECT count() > 0 FROM {database:Identifier}.pseudonym_key
