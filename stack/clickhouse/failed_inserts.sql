-- How many INSERTs have failed since the engine was opened.
SELECT sum(value) FROM system.events WHERE event = 'FailedInsertQuery'
