-- Compared with the last earlier week that has snapshots.
CREATE OR REPLACE VIEW follower_growth_weekly
(
    userid String,
    week_start Date,
    follower_count UInt64,
    prev_follower_count Nullable(UInt64),
    growth_rate Nullable(Float64)
)
AS WITH weeks AS
(
    SELECT userid, toMonday(snapshot_date) AS week_start, max(daily.follower_count) AS follower_count
    FROM fact_follower_snapshot AS daily
    GROUP BY userid, week_start
)
SELECT
    userid,
    week_start,
    follower_count,
    lagInFrame(toNullable(follower_count)) OVER (PARTITION BY userid ORDER BY week_start ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS prev_follower_count,
    if(prev_follower_count = 0, NULL, (toInt64(follower_count) - toInt64(prev_follower_count)) / prev_follower_count) AS growth_rate
FROM weeks
