-- Rows that may be about the person, with the hash by which they are deleted. Texts are searched for names as parts of words: whoever
-- reads them decides. A null is no text.
WITH
    (SELECT groupArray(value) FROM ${PRIVATE}.forget_identifiers WHERE kind = 'name') AS names,
    (SELECT groupArray(value) FROM ${PRIVATE}.forget_identifiers WHERE kind = 'id') AS ids
SELECT sipHash64(toString(tuple(${COLUMNS}))) AS forget_row, _partition_id AS forget_partition, ${COLUMNS}
FROM ${TABLE}
WHERE arrayExists(text -> multiSearchAnyCaseInsensitive(text, names) OR hasAny(extractAll(text, '[0-9]+'), ids), [${TEXTS}])
    OR (${ID_FOUND})
FORMAT JSONEachRow
SETTINGS output_format_json_quote_64bit_integers = 1, output_format_json_quote_denormals = 1
