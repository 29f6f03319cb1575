-- Question: how far had each post come by the end of each hour, and since the last earlier one?
-- Grain:    by `kind`: `closed`, a post and closed hour; `late` and `beyond`, an observation of an hour that had closed; `growth`, a post
--           and closed hour whose growth changed.
-- Key:      (aweme_id, window_start).   Window: the UTC hour of the observation.
-- Lateness: the late bound (a day by default) for growth, none for maxima.
-- Columns:  aweme_id, kind, author_id, window_start, the counters of post_counters, prev_window_start, prev_play_count; and `counted`,
--           `late` and `beyond_bound`, which account for each observation once.
CREATE TEMPORARY VIEW post_hours AS
SELECT *
FROM hourly_maxima(posts => TABLE post_counters PARTITION BY aweme_id, uid => 'post_hours')
