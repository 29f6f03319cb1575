-- Posts of a bench's universe.
CREATE TABLE IF NOT EXISTS bench_posts
(
    number UInt32,
    aweme_id String,
    author_id String,
    title String,
    hashtags Array(String),
    created_at DateTime64(3, 'UTC'),
    plays Float64 COMMENT 'Those it will have in the end',
    tau_minutes Float64 COMMENT 'Minutes to 63 % of them',
    rate Float64 COMMENT 'Likes, comments and shares per play'
)
ENGINE = MergeTree
ORDER BY number
