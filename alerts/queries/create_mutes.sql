-- The mutes as ClickHouse gave them last: for a start at which it does not answer.
CREATE TABLE IF NOT EXISTS mutes (what TEXT NOT NULL, value TEXT NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY (what, value)) WITHOUT ROWID
