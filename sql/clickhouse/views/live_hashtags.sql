-- Each list of hashtags of LIVE rooms that was read, as it was then. They belong to no room.
CREATE OR REPLACE VIEW live_hashtags
(
    list_id String,
    rank Int64,
    hashtag String,
    hashtag_id String,
    viewer_count Nullable(UInt64),
    observed_at DateTime64(3, 'UTC')
)
AS SELECT
    JSONExtractString(payload, 'list_id') AS list_id,
    assumeNotNull(log.rank) AS rank,
    text AS hashtag,
    subject_id AS hashtag_id,
    viewer_count,
    observed_at
FROM (SELECT * FROM live_observations_log FINAL) AS log
WHERE event = 'hashtag' AND log.rank IS NOT NULL
