-- Whom `tokpulse forget` has renamed is opted in no more.
ALTER TABLE opted_in DELETE
WHERE match(userid, '^forgotten[0-9a-f]{20}$') OR match(unique_id, '^forgotten[0-9a-f]{20}$')
SETTINGS mutations_sync = 2
