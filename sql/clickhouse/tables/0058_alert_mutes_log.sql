-- What is kept silent: one of the three ids says what. `made_at` orders rows about the same; an `until` in the past ends what was
-- before. No mute lasts longer than 366 days, so that none is left when the row that ended it goes.
CREATE TABLE IF NOT EXISTS alert_mutes_log
(
    aweme_id String,
    userid String,
    hashtag String,
    until DateTime64(3, 'UTC'),
    made_at DateTime64(3, 'UTC'),
    author String,
    comment String
)
ENGINE = ReplacingMergeTree
ORDER BY (aweme_id, userid, hashtag, made_at)
TTL toDateTime(made_at) + INTERVAL 15 MONTH
