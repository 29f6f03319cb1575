-- Question: which viewer counts and gifts of LIVE rooms reach the threshold of their host's tier?
-- Grain:    one row per room, quiet time and what it is about, at the first event that reached the threshold.
-- Key:      (room_id, what, observed_at).   Window: the minute up to the event, of diamonds.
-- Lateness: none; an event is judged when it is read, so that only the order of the room's partition matters.
CREATE TEMPORARY VIEW live_verdicts AS
SELECT *
FROM live_room_alerts(rooms => TABLE live_hosts PARTITION BY host, uid => 'live_verdicts')
