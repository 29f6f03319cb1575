CREATE OR REPLACE VIEW live_room_changes
AS SELECT *
FROM live_room_changes_log FINAL
