-- Whom `tokpulse forget` has renamed is opted in no more.
ALTER TABLE opted_in DELETE
WHERE match(userid, '^${FORGOTTEN}$') OR match(unique_id, '^${FORGOTTEN}$')
SETTINGS mutations_sync = 2
