-- Every title that a post has had, as readers may see it: without names and links, so that a search for a name finds no more than the
-- name's bearer wanted. Looked through by words.
CREATE TABLE IF NOT EXISTS post_titles_log
(
    aweme_id String,
    title String,
    author_id String,
    play_count SimpleAggregateFunction(max, UInt64),
    last_observed_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    INDEX words lowerUTF8(title) TYPE ngrambf_v1(4, 16384, 2, 0) GRANULARITY 1,
    INDEX authors author_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = AggregatingMergeTree
ORDER BY (aweme_id, cityHash64(title), author_id)
SETTINGS index_granularity = 1024
