-- Observations count whenever they come: rows that change are written again, with a higher revision. The newest row of a key counts, as
-- before: those of one key leave one task, in order.
ALTER TABLE trending_hourly_log ADD COLUMN IF NOT EXISTS was_alerted UInt8 COMMENT '1 once the post-hour has been alerted, whatever came later';
ALTER TABLE trending_hourly_log ADD COLUMN IF NOT EXISTS revision UInt32 COMMENT '0 as first written; one more for each change since';
ALTER TABLE follower_deltas_log ADD COLUMN IF NOT EXISTS revision UInt32 COMMENT '0 as first written; one more for each change since';

CREATE OR REPLACE VIEW trending_hourly
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    play_count UInt64,
    prev_play_count UInt64,
    prev_window_end DateTime64(3, 'UTC'),
    gap_hours UInt16,
    delta_plays Int64,
    delta_plays_per_hour Float64,
    author_follower_count Nullable(UInt64),
    snapshot_status String,
    tier String,
    threshold Float64,
    threshold_version String,
    is_trending UInt8,
    was_alerted UInt8,
    revision UInt32
)
AS SELECT aweme_id, author_id, window_start, window_end, play_count, prev_play_count, prev_window_end, gap_hours, delta_plays,
    delta_plays_per_hour, author_follower_count, snapshot_status, tier, threshold, threshold_version, is_trending, was_alerted, revision
FROM trending_hourly_log FINAL
COMMENT 'One row per post-hour that has an earlier hour, by what is known so far';

CREATE OR REPLACE VIEW follower_deltas
(
    userid String,
    t_prev DateTime64(3, 'UTC'),
    t_now DateTime64(3, 'UTC'),
    delta Int64,
    prev_count UInt64,
    curr_count UInt64,
    revision UInt32
)
AS SELECT userid, t_prev, t_now, delta, prev_count, curr_count, revision
FROM follower_deltas_log FINAL
COMMENT 'One row per user and pair of consecutive snapshots, by what is known so far';

-- Velocity is made of landed observations: least and greatest values of each half hour that an observation belongs to, in any order and any
-- number of times.
ALTER TABLE post_observations_log ADD COLUMN IF NOT EXISTS is_late SimpleAggregateFunction(max, UInt8) COMMENT '1 when it came after its five minutes had closed';
ALTER TABLE velocity_30m_extremes ADD COLUMN IF NOT EXISTS late_moments SimpleAggregateFunction(groupUniqArrayArray, Array(DateTime64(3, 'UTC'))) COMMENT 'When late observations of it were observed';

CREATE MATERIALIZED VIEW IF NOT EXISTS velocity_30m_extremes_mv TO velocity_30m_extremes
AS SELECT
    aweme_id,
    toDateTime64(toStartOfFiveMinutes(ingested_at) - arrayJoin([0, 300, 600, 900, 1200, 1500]), 3, 'UTC') AS window_start,
    max(observed.author_id) AS author_id,
    min(observed.play_count) AS least_play_count,
    max(observed.play_count) AS greatest_play_count,
    min(observed.digg_count + observed.comment_count + observed.share_count) AS least_engagement,
    max(observed.digg_count + observed.comment_count + observed.share_count) AS greatest_engagement,
    groupUniqArrayIf(ingested_at, observed.is_late = 1) AS late_moments
FROM post_observations_log AS observed
GROUP BY aweme_id, window_start;

CREATE OR REPLACE VIEW velocity_30m
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    delta_plays Int64,
    plays_per_minute Float64,
    engagement_rate_change Nullable(Float64),
    revision UInt32
)
AS SELECT
    aweme_id,
    author_id,
    window_start,
    addMinutes(window_start, 30) AS window_end,
    toInt64(greatest_play_count) - toInt64(least_play_count) AS delta_plays,
    delta_plays / 30 AS plays_per_minute,
    if(least_play_count = 0, NULL, greatest_engagement / greatest_play_count - least_engagement / least_play_count) AS engagement_rate_change,
    toUInt32(length(late_moments)) AS revision
FROM velocity_30m_extremes FINAL
-- Of a half hour that still runs nobody can say how fast it was.
WHERE window_start <= now64(3, 'UTC') - INTERVAL 30 MINUTE
COMMENT 'One row per post and 30-minute window that has ended, a window every 5 minutes';

-- Records are counted where they are read and again where they are put in order; what came beyond the late bound is told apart.
ALTER TABLE pipeline_ledger_entries ADD COLUMN IF NOT EXISTS beyond_bound UInt64 COMMENT 'Records more than the late bound behind the watermark';

CREATE OR REPLACE VIEW pipeline_ledger
(
    job String,
    run_id String,
    topic String,
    read UInt64,
    counted UInt64,
    late UInt64,
    beyond_bound UInt64,
    quarantined UInt64,
    unaccounted Int64,
    updated_at DateTime64(3, 'UTC')
)
AS SELECT
    job,
    run_id,
    topic,
    sum(entries.valid) + sum(entries.quarantined) AS read,
    sum(entries.counted) AS counted,
    sum(entries.late) AS late,
    sum(entries.beyond_bound) AS beyond_bound,
    sum(entries.quarantined) AS quarantined,
    toInt64(read) - toInt64(counted) - toInt64(late) - toInt64(beyond_bound) - toInt64(quarantined) AS unaccounted,
    max(entries.written_at) AS updated_at
FROM (SELECT *, written_at FROM pipeline_ledger_entries FINAL) AS entries
GROUP BY job, run_id, topic
COMMENT 'One row per run and topic: read = counted + late + beyond_bound + quarantined, as of the last closed hour';

CREATE OR REPLACE VIEW ${DATABASE}_shared.trending_hourly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id, window_start, window_end, play_count, prev_play_count, prev_window_end, gap_hours, delta_plays,
    delta_plays_per_hour, author_follower_count, snapshot_status, tier, threshold, threshold_version, is_trending, was_alerted, revision
FROM trending_hourly
COMMENT 'One row per post-hour that has an earlier hour, by what is known so far';

CREATE OR REPLACE VIEW ${DATABASE}_shared.pipeline_ledger
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    job, run_id, topic, read, counted, late, beyond_bound, quarantined, unaccounted, updated_at
FROM pipeline_ledger
COMMENT 'One row per run and topic: read = counted + late + beyond_bound + quarantined, as of the last closed hour';

CREATE OR REPLACE VIEW ${DATABASE}_shared.velocity_30m
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id, window_start, window_end, delta_plays, plays_per_minute, engagement_rate_change, revision
FROM velocity_30m
COMMENT 'One row per post and 30-minute window, a window every 5 minutes';

CREATE OR REPLACE VIEW ${DATABASE}_shared.follower_deltas
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, t_prev, t_now, delta, prev_count, curr_count, revision
FROM follower_deltas
COMMENT 'One row per user and pair of consecutive snapshots, by what is known so far';
