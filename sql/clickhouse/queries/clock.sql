-- Question: what time is it for ClickHouse?
-- Grain:    one row. Unix milliseconds.
SELECT toUnixTimestamp64Milli(now64(3)) AS now_ms
