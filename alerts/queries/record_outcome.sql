-- What was sent stays sent, whatever is recorded later.
INSERT INTO outcomes (key, target, outcome, status, at_ms, reason) VALUES (:key, :target, :outcome, :status, :at_ms, :reason)
ON CONFLICT (key, target) DO UPDATE
SET outcome = excluded.outcome, status = excluded.status, at_ms = excluded.at_ms, reason = excluded.reason
WHERE outcomes.outcome <> 'sent'
