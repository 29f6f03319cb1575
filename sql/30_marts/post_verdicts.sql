-- Question: which posts gain plays faster than the tier of their author allows for, by the hour and before it is over?
-- Grain:    by `kind`: `trending`, a post-hour that has an earlier hour, and again whenever it changes; `momentum`, an alert, whose window
--           begins with its base and ends with its observation.
-- Key:      (kind, aweme_id, window_end).   Lateness: the late bound (a day by default) for hours, none for alerts.
CREATE TEMPORARY VIEW post_verdicts AS
SELECT *
FROM post_growth(hours_and_snapshots => TABLE hours_and_snapshots PARTITION BY author_id, uid => 'trending_hourly_from_bases')
