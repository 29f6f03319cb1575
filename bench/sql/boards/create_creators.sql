-- Creators of a bench's universe: who they are and how they grow; every other table is computed from these and the posts.
CREATE TABLE IF NOT EXISTS bench_creators
(
    number UInt32,
    userid String,
    followers UInt64 COMMENT 'At the start',
    per_hour Float64 COMMENT 'Gained per hour, negative for some'
)
ENGINE = MergeTree
ORDER BY number
