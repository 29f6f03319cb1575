CREATE OR REPLACE VIEW fact_follower_snapshot
(
    userid String,
    snapshot_date Date,
    follower_count UInt64,
    following_count UInt64,
    heart_count UInt64,
    video_count UInt64,
    digg_count UInt64
)
AS SELECT
    userid,
    snapshot_date,
    tupleElement(newest.follower_count, 'value') AS follower_count,
    tupleElement(newest.following_count, 'value') AS following_count,
    tupleElement(newest.heart_count, 'value') AS heart_count,
    tupleElement(newest.video_count, 'value') AS video_count,
    tupleElement(newest.digg_count, 'value') AS digg_count
FROM fact_follower_snapshot_newest AS newest FINAL
