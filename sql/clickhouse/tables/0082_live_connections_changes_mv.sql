-- Captions are another stream, and a look-up is no connection: neither covers what happens in a room.
CREATE MATERIALIZED VIEW IF NOT EXISTS live_connections_changes_mv TO live_connections
AS SELECT
    room_id,
    connection_id,
    connected_at,
    if(change = 'disconnected', ifNull(until_at, observed_at), NULL) AS closed_at,
    ifNull(until_at, observed_at) AS alive_at,
    if(change = 'disconnected', close_name, '') AS close_name
FROM live_room_changes_log
WHERE change IN ('connected', 'alive', 'disconnected') AND source IN ('websocket', 'poll') AND connected_at IS NOT NULL
