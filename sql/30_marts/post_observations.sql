-- Question: what was observed of each post, and when?
-- Grain:    one row per valid record, as it comes; ClickHouse keeps one per post and moment, and makes velocity_30m of them.
-- Key:      (aweme_id, ingested_at).   Window: none.   Lateness: unbounded; `is_late` says that the five minutes of the observation had closed.
-- A create_time that is none (ClickHouse could not hold it) becomes 1970-01-01, a negative duration 0: the counters beside it are good.
CREATE TEMPORARY VIEW post_observations AS
SELECT
  aweme_id,
  author_id,
  title,
  region,
  GREATEST(duration, 0) AS duration,
  TO_TIMESTAMP_LTZ(CASE WHEN create_time BETWEEN 0 AND 4102444799 THEN create_time ELSE 0 END, 0) AS create_time,
  play_count,
  digg_count,
  comment_count,
  share_count,
  download_count,
  collect_count,
  TO_TIMESTAMP_LTZ(ingested_at, 3) AS ingested_at,
  CAST(CASE
    WHEN TO_TIMESTAMP_LTZ(ingested_at - MOD(ingested_at, 300000) + 299999, 3) <= CURRENT_WATERMARK(event_time) THEN 1
    ELSE 0
  END AS TINYINT) AS is_late
FROM posts_observed
