CREATE OR REPLACE VIEW post_observations
(
    aweme_id String,
    author_id String,
    title String,
    region Nullable(String),
    duration UInt32,
    create_time DateTime64(3, 'UTC'),
    play_count UInt64,
    digg_count UInt64,
    comment_count UInt64,
    share_count UInt64,
    download_count UInt64,
    collect_count UInt64,
    ingested_at DateTime64(3, 'UTC')
)
AS SELECT aweme_id, author_id, title, region, duration, create_time, play_count, digg_count, comment_count, share_count, download_count,
    collect_count, ingested_at
FROM post_observations_log FINAL
