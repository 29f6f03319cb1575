-- Every person, in a fixed order.
SELECT userid, name, is_author, seen, seen_ms, due_ms, wanted FROM people ORDER BY userid
