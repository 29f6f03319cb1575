-- Question: up to which minute is what was read of LIVE rooms complete?
-- Grain:    one row per UTC minute that had events and that the watermark has passed.
-- Key:      minute.   Window: 1 minute, tumbling.
-- Lateness: none. A row only says that the minute is over: whatever comes later counts all the same, in ClickHouse.
CREATE TEMPORARY VIEW live_minutes_closed AS
SELECT
  CAST(1 AS TINYINT) AS `one`,
  window_start AS `minute`
FROM TABLE(TUMBLE(TABLE live_observed, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end
