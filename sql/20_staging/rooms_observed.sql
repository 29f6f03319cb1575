-- Question: which changes of LIVE rooms can be counted?
-- Grain:    one row per valid record of tiktok.live.rooms, with all columns of live_rooms.
-- Key:      (room_id, change, connection_id, ingested_at).   Window: none yet.   Lateness: unbounded.
CREATE TEMPORARY VIEW rooms_observed AS
SELECT *
FROM live_rooms
WHERE error IS NULL
