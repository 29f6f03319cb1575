-- Question: which LIVE rooms have more viewers, or get more diamonds within a minute, than the tier of their host allows for?
-- Grain:    one row per room, quiet time and what it is about, at the first event that reached the threshold.
-- Key:      (room_id, what, observed_at).   Window: the minute up to the event, of diamonds.
-- Lateness: none; an event is judged when it is read, so that only the order of the room's partition matters.
CREATE TEMPORARY VIEW live_alerts AS
SELECT
  room_id,
  COALESCE(host, '') AS author_id,
  what,
  observed_at,
  CAST(1 AS INT) AS window_minutes,
  reached,
  host_follower_count,
  tier,
  threshold,
  threshold_version
FROM live_verdicts
