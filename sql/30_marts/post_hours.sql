-- Question: how far had each post come by the end of each hour, and since the last earlier one?
-- Grain:    by `kind`: `closed`, a post and closed hour; `late` and `beyond`, an observation of an hour that had closed; `growth`, a post
--           and closed hour whose growth changed.
-- Key:      (aweme_id, window_start).   Window: the UTC hour of the observation.
-- Lateness: the late bound (a day by default) for growth, none for maxima.
-- `counted`, `late` and `beyond_bound` account for each observation once. Each counter has its place among `counters`; growth is that of
-- the first.
CREATE TEMPORARY VIEW post_hours AS
SELECT
  aweme_id,
  kind,
  author_id,
  window_start,
  counters[1] AS play_count,
  counters[2] AS digg_count,
  counters[3] AS comment_count,
  counters[4] AS share_count,
  counters[5] AS engagement_total,
  prev_window_start,
  prev_count AS prev_play_count,
  counted,
  late,
  beyond_bound
FROM hourly_maxima(
  posts => (
    SELECT
      aweme_id,
      author_id,
      ARRAY[play_count, digg_count, comment_count, share_count, digg_count + comment_count + share_count] AS counters,
      ingested_at
    FROM posts_observed
  ) PARTITION BY aweme_id,
  uid => 'post_hours_of_counters'
)
