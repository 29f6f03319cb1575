-- Key of the HMAC-SHA256 that makes pseudonyms in ..._shared: whoever has it can try names. Filled once, when the schema is
-- applied, by a generator of random bytes fit for keys, which ClickHouse does not have. Without a row pseudonyms are empty. The
-- oldest row counts.
CREATE TABLE IF NOT EXISTS ${DATABASE}_private.pseudonym_key
(
    key FixedString(32),
    made_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY made_at
