-- Question: what became known of each LIVE room and of the connections to it, and when?
-- Grain:    one row per valid record, as it comes; ClickHouse keeps one per change.
-- Key:      (room_id, change, connection_id, observed_at).   Window: none.   Lateness: unbounded.
CREATE TEMPORARY VIEW live_room_changes AS
SELECT
  room_id,
  change,
  COALESCE(connection_id, '') AS connection_id,
  TO_TIMESTAMP_LTZ(ingested_at, 3) AS observed_at,
  COALESCE(host_id, '') AS author_id,
  host_unique_id AS unique_id,
  source,
  CAST(close_code AS INT) AS close_code,
  COALESCE(close_name, '') AS close_name,
  COALESCE(outcome, '') AS outcome,
  COALESCE(reason, '') AS reason,
  TO_TIMESTAMP_LTZ(CASE WHEN connected_at BETWEEN 0 AND 4102444799999 THEN connected_at ELSE CAST(NULL AS BIGINT) END, 3) AS connected_at,
  TO_TIMESTAMP_LTZ(CASE WHEN until_at BETWEEN 0 AND 4102444799999 THEN until_at ELSE CAST(NULL AS BIGINT) END, 3) AS until_at,
  TO_TIMESTAMP_LTZ(CASE WHEN started_at BETWEEN 0 AND 4102444799999 THEN started_at ELSE CAST(NULL AS BIGINT) END, 3) AS started_at,
  COALESCE(title, '') AS title,
  viewer_count,
  total_viewers
FROM rooms_observed
