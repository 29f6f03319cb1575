-- A person who is not followed any more.
DELETE FROM people WHERE userid = :userid
