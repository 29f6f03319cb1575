-- The posts of a creator who is not followed any more, by whatever the watchlist called the creator.
DELETE FROM posts WHERE creator = :creator
