-- Masked views of the same names and columns as the read views. Numeric ids stay, so that numbers can be joined and links built; names
-- become pseudonyms, texts of people are left out. Each runs with its maker's rights: its reader needs none on the tables.
CREATE OR REPLACE VIEW ${DATABASE}_shared.engagement_hourly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id, window_start, window_end, play_count, digg_count, comment_count, share_count, engagement_total,
    engagement_rate_plays, is_final
FROM engagement_hourly
COMMENT 'One row per post and UTC hour: maxima of its counters';

CREATE OR REPLACE VIEW ${DATABASE}_shared.trending_hourly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id, window_start, window_end, play_count, prev_play_count, prev_window_end, gap_hours, delta_plays,
    delta_plays_per_hour, author_follower_count, snapshot_status, tier, threshold, threshold_version, is_trending
FROM trending_hourly
COMMENT 'One row per post-hour that has an earlier hour, as it was judged';

CREATE OR REPLACE VIEW ${DATABASE}_shared.trending_hourly_corrected
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id, window_start, window_end, play_count, prev_play_count, prev_window_end, gap_hours, delta_plays,
    delta_plays_per_hour, author_follower_count, snapshot_status, tier, threshold, threshold_version, is_trending
FROM trending_hourly_corrected
COMMENT 'One row per post-hour that has an earlier hour, by all that is known now';

CREATE OR REPLACE VIEW ${DATABASE}_shared.velocity_30m
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id, window_start, window_end, delta_plays, plays_per_minute, engagement_rate_change
FROM velocity_30m
COMMENT 'One row per post and 30-minute window, a window every 5 minutes';

CREATE OR REPLACE VIEW ${DATABASE}_shared.follower_snapshots
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, observed_at, follower_count
FROM follower_snapshots
COMMENT 'One row per user and moment of observation';

CREATE OR REPLACE VIEW ${DATABASE}_shared.follower_deltas
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, t_prev, t_now, delta, prev_count, curr_count
FROM follower_deltas
COMMENT 'One row per user and pair of consecutive snapshots';

CREATE OR REPLACE VIEW ${DATABASE}_shared.follower_deltas_corrected
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, t_prev, t_now, delta, prev_count, curr_count
FROM follower_deltas_corrected
COMMENT 'One row per user and pair of consecutive snapshots, by all that is known now';

CREATE OR REPLACE VIEW ${DATABASE}_shared.comments_enriched
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    comment_id,
    video_id,
    user_id,
    '[redacted]' AS text,
    create_time,
    ingested_at,
    digg_count,
    reply_total,
    sentiment_compound,
    sentiment_label,
    sentiment_model,
    follower_count,
    snapshot_at,
    snapshot_status,
    language
FROM comments_enriched
COMMENT 'One row per comment, by its newest observation; without its text';

CREATE OR REPLACE VIEW ${DATABASE}_shared.comment_sentiment_hourly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    video_id, window_start, window_end, comments, mean_compound, positive, neutral, negative, reach, reach_weighted_compound
FROM comment_sentiment_hourly
COMMENT 'One row per post and UTC hour in which comments on it were last observed';

CREATE OR REPLACE VIEW ${DATABASE}_shared.dead_letters
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    topic,
    partition,
    offset,
    extract(reason, '^([a-z_]+)(?::|$)') AS reason,
    failed_at
FROM dead_letters
COMMENT 'One row per quarantined record; without the record, and of the reason only its code';

CREATE OR REPLACE VIEW ${DATABASE}_shared.pipeline_ledger
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    job, run_id, topic, read, counted, late, quarantined, unaccounted
FROM pipeline_ledger
COMMENT 'One row per run and topic: read = counted + late + quarantined, as of the last closed hour';

CREATE OR REPLACE VIEW ${DATABASE}_shared.threshold_versions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    version,
    sequence,
    effective_from,
    published_at,
    '[redacted]' AS author,
    replaceRegexpAll(comment, '[^\\s@]*@[^\\s@]+', '[name]') AS comment,
    content_hash,
    content
FROM threshold_versions
COMMENT 'One row per published version of the thresholds; without who published it';
