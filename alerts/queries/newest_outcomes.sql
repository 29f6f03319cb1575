-- What became of alerts last, the newest first; of one outcome, or of any.
SELECT at_ms, key, target, outcome, status, reason FROM outcomes
WHERE :outcome = '' OR outcome = :outcome
ORDER BY at_ms DESC, key, target
LIMIT :most
