CREATE MATERIALIZED VIEW IF NOT EXISTS fact_follower_snapshot_newest_mv TO fact_follower_snapshot_newest
AS SELECT
    userid,
    toDate(observed_at) AS snapshot_date,
    max((observed_at, observed.follower_count)) AS follower_count,
    max((observed_at, observed.following_count)) AS following_count,
    max((observed_at, observed.heart_count)) AS heart_count,
    max((observed_at, observed.video_count)) AS video_count,
    max((observed_at, observed.digg_count)) AS digg_count
FROM user_observations_log AS observed
GROUP BY userid, snapshot_date
