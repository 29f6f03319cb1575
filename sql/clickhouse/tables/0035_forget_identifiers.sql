-- What `tokpulse forget` looks for while it runs: mutations and queries that it leaves behind must not spell out whom they are
-- about. `kind` is id, name or handle. Empty when it has finished.
CREATE TABLE IF NOT EXISTS ${DATABASE}_private.forget_identifiers
(
    kind LowCardinality(String),
    value String
)
ENGINE = MergeTree
ORDER BY (kind, value)
