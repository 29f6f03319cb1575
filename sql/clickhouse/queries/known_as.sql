-- Question: is this id that of a post, or of a creator?
-- Grain:    one row.
SELECT
    (SELECT count() FROM posts WHERE aweme_id = {id:String}) AS posts,
    (SELECT count() FROM follower_snapshots WHERE userid = {id:String}) + (SELECT count() FROM posts WHERE author_id = {id:String}) AS creators
