-- Comments that the person wrote.
SELECT DISTINCT comment_id
FROM comments_log
WHERE user_id = {userid:String}
