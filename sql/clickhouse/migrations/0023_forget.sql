-- What `tokpulse forget` needs while it runs: mutations and queries that it leaves behind must not spell out whom they are about. Both are
-- empty when it has finished.
CREATE TABLE IF NOT EXISTS ${DATABASE}_private.forget_identifiers
(
    kind LowCardinality(String) COMMENT 'id or name',
    value String COMMENT 'What to look for'
)
ENGINE = MergeTree
ORDER BY (kind, value)
COMMENT 'Identifiers of the person that is being forgotten';

CREATE TABLE IF NOT EXISTS ${DATABASE}_private.forget_rows
(
    row UInt64 COMMENT 'sipHash64 of all columns of a row that goes'
)
ENGINE = MergeTree
ORDER BY row
COMMENT 'Rows whose rewritten copies are in their table';
