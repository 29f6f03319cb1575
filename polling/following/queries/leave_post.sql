-- A post that is not followed any more.
DELETE FROM posts WHERE aweme_id = :aweme_id
