-- What was sent stays sent, whatever is recorded later.
INSERT INTO outcomes (key, target, outcome, status, at_ms) VALUES (:key, :target, :outcome, :status, :at_ms)
ON CONFLICT (key, target) DO UPDATE SET outcome = excluded.outcome, status = excluded.status, at_ms = excluded.at_ms
WHERE outcomes.outcome <> 'sent'
