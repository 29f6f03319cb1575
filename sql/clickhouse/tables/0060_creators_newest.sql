-- What is known of each account now: of one account the row of its newest observation. Few columns and one row each, so that the names
-- of a panel's rows are looked up by their ids, and a handle is found among a million of them.
CREATE TABLE IF NOT EXISTS creators_newest
(
    userid String,
    unique_id String,
    nickname String,
    sec_uid String,
    is_verified UInt8,
    region Nullable(String),
    follower_count UInt64,
    observed_at DateTime64(3, 'UTC'),
    INDEX handles lowerUTF8(unique_id) TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(observed_at)
ORDER BY userid
SETTINGS index_granularity = 1024
