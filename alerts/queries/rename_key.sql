-- The same alert under another name; outcomes that have the name already are of the same alert.
UPDATE OR REPLACE outcomes SET key = :new WHERE key = :old
