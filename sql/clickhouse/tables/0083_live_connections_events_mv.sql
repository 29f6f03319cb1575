-- Signs of life. A connection of which only events are known has no connected_at: it is one for captions.
CREATE MATERIALIZED VIEW IF NOT EXISTS live_connections_events_mv TO live_connections
AS SELECT
    room_id,
    connection_id,
    CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS connected_at,
    CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS closed_at,
    max(live_observations_log.observed_at) AS alive_at,
    '' AS close_name
FROM live_observations_log
GROUP BY room_id, connection_id
