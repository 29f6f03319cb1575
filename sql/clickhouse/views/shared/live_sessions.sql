-- Names and links in titles are left out. The hash of a handle, which stands for a viewer without an id, can be guessed: it is hashed once more, with the key.
CREATE OR REPLACE VIEW ${DATABASE}_shared.live_sessions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH (SELECT toNullable(key) FROM ${DATABASE}_private.pseudonym_key ORDER BY made_at LIMIT 1) AS pseudonym_key
SELECT * REPLACE
(
    replaceRegexpAll(replaceRegexpAll(title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]') AS title,
    arrayMap(gifter -> if(length(gifter) < 64, gifter, assumeNotNull(lower(hex(HMAC('sha256', concat('handle\n', gifter), pseudonym_key))))), top_gifters) AS top_gifters
)
FROM live_sessions
