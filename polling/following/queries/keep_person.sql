-- What is known of a person takes the place of what was known before.
INSERT OR REPLACE INTO people (userid, name, is_author, seen, seen_ms, due_ms, wanted)
VALUES (:userid, :name, :is_author, :seen, :seen_ms, :due_ms, :wanted)
