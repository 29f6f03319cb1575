INSERT INTO outcomes (key, target, outcome, status, at_ms) SELECT key, target, outcome, status, at_ms FROM outcomes_1
