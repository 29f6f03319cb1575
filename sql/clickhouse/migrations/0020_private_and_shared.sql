-- Two databases beside the tables. ..._shared holds masked views, all that the dashboard user can read; ..._private holds what turns
-- names into pseudonyms, which only an admin can read. Views of ..._shared run with the rights of whoever applied this migration.
CREATE DATABASE IF NOT EXISTS ${DATABASE}_private COMMENT 'What only an admin may read';

CREATE DATABASE IF NOT EXISTS ${DATABASE}_shared COMMENT 'Masked views of the tables: all that dashboards may read';

-- Filled when migrations have been applied, by a generator of random bytes fit for keys, which ClickHouse does not have. Without a row
-- pseudonyms are empty. The oldest row counts.
CREATE TABLE IF NOT EXISTS ${DATABASE}_private.pseudonym_key
(
    key FixedString(32) COMMENT 'Key of the HMAC-SHA256 that makes pseudonyms in ..._shared',
    made_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When it was made'
)
ENGINE = MergeTree
ORDER BY made_at
COMMENT 'Key of pseudonyms: whoever has it can try names';
