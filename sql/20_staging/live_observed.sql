-- Question: which events of LIVE rooms can be counted?
-- Grain:    one row per valid record of tiktok.live.events, with all columns of live_events.
-- Key:      (room_id, event_id).   Window: none yet.   Lateness: unbounded.
CREATE TEMPORARY VIEW live_observed AS
SELECT *
FROM live_events
WHERE error IS NULL
