-- Question: what is known of each author: how their posts grew, by the hour and before it is over, and how many followers they had?
-- Grain:    one row per post-hour that has an earlier hour, another when it changes; one per observation of a post that had 0 plays within
--           an hour of its publication; one per observation that may be a momentum alert; and one per valid snapshot.
-- Key:      author_id.   Lateness: as post_hours.
-- What is of a post has an aweme_id and no follower_count, a snapshot the other way round; the beginning of a post has no earlier hour,
-- and what may be an alert has no window_start, but an observed_at, and its base in the columns of the earlier hour.
CREATE TEMPORARY VIEW hours_and_snapshots AS
SELECT
  author_id,
  aweme_id,
  window_start,
  play_count,
  prev_window_start,
  prev_play_count,
  CAST(NULL AS BIGINT) AS follower_count,
  CAST(NULL AS BIGINT) AS observed_at
FROM post_hours
WHERE kind IN ('closed', 'growth') AND prev_window_start IS NOT NULL
UNION ALL
SELECT
  author_id,
  aweme_id,
  CAST(FLOOR(event_time TO HOUR) AS TIMESTAMP(3)) AS window_start,
  play_count,
  CAST(NULL AS TIMESTAMP(3)) AS prev_window_start,
  CAST(NULL AS BIGINT) AS prev_play_count,
  CAST(NULL AS BIGINT) AS follower_count,
  CAST(NULL AS BIGINT) AS observed_at
FROM posts_observed
WHERE play_count = 0 AND create_time BETWEEN ingested_at / 1000 - 3599 AND ingested_at / 1000 + 3599
UNION ALL
SELECT
  author_id,
  aweme_id,
  CAST(NULL AS TIMESTAMP(3)) AS window_start,
  play_count,
  base_at AS prev_window_start,
  base_play_count AS prev_play_count,
  CAST(NULL AS BIGINT) AS follower_count,
  observed_at
FROM momentum_candidates
UNION ALL
SELECT
  userid AS author_id,
  CAST(NULL AS STRING) AS aweme_id,
  CAST(NULL AS TIMESTAMP(3)) AS window_start,
  CAST(NULL AS BIGINT) AS play_count,
  CAST(NULL AS TIMESTAMP(3)) AS prev_window_start,
  CAST(NULL AS BIGINT) AS prev_play_count,
  follower_count,
  ingested_at AS observed_at
FROM users_observed
