-- Rows that may be about the person, with the hash by which they are deleted. Texts are searched for names as parts of words: whoever
-- reads them decides. A null is no text. A name may be percent-encoded, in entities of HTML, or have invisible characters in it; where
-- letters are escaped as in JSON, the row is looked at without a search.
WITH
    (SELECT groupArray(value) FROM ${PRIVATE}.forget_identifiers WHERE kind = 'name') AS names,
    (SELECT groupArray(value) FROM ${PRIVATE}.forget_identifiers WHERE kind = 'id') AS ids,
    '[\\x{00AD}\\x{200B}-\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{206F}\\x{FEFF}]|\\\\u(?:00[aA][dD]|20[0126][0-9a-fA-F]|[fF][eE][fF][fF])' AS invisible
SELECT sipHash64(toString(tuple(${COLUMNS}))) AS forget_row, _partition_id AS forget_partition, ${COLUMNS}
FROM ${TABLE}
WHERE arrayExists(
        text -> multiSearchAnyCaseInsensitive(text, names)
            OR hasAny(extractAll(text, '[0-9]+'), ids)
            OR match(text, '\\\\u00(?:2[eE]|3[0-9]|4[0-9a-fA-F]|5[0-9aAfF]|6[0-9a-fA-F]|7[0-9aA])')
            OR (
                match(text, concat('%[0-9a-fA-F][0-9a-fA-F]|&#|', invisible))
                AND multiSearchAnyCaseInsensitive(
                    decodeHTMLComponent(decodeURLComponent(decodeURLComponent(replaceRegexpAll(text, invisible, '')))), names)
            ),
        [${TEXTS}]
    )
    OR (${ID_FOUND})
FORMAT JSONEachRow
SETTINGS output_format_json_quote_64bit_integers = 1, output_format_json_quote_denormals = 1
