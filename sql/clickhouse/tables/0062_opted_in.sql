-- Whose names may be shown, as the newest privacy.yaml says: by id, by handle, or both once the account behind a handle is known: from
-- then on the id counts, for handles change hands. Handles are in lower case. What was taken back is a row with is_opted_in 0.
CREATE TABLE IF NOT EXISTS opted_in
(
    unique_id String,
    userid String,
    is_opted_in UInt8,
    decided_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(decided_at)
ORDER BY (unique_id, userid)
