-- Handles become pseudonyms, but for those of who was opted in; names and links in titles are left out.
CREATE OR REPLACE VIEW ${DATABASE}_shared.live_room_changes
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH (SELECT toNullable(key) FROM ${DATABASE}_private.pseudonym_key ORDER BY made_at LIMIT 1) AS pseudonym_key
SELECT * REPLACE
(
    if(unique_id = '' OR author_id IN (SELECT userid FROM creators_opted_in), unique_id, assumeNotNull(lower(hex(HMAC('sha256', concat('handle\n', lowerUTF8(unique_id)), pseudonym_key))))) AS unique_id,
    replaceRegexpAll(replaceRegexpAll(title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]') AS title
)
FROM live_room_changes
