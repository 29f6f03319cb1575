-- The hash of a handle, which stands for a viewer without an id, can be guessed: it is hashed once more, with the key.
CREATE OR REPLACE VIEW ${DATABASE}_shared.live_rankings
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH (SELECT toNullable(key) FROM ${DATABASE}_private.pseudonym_key ORDER BY made_at LIMIT 1) AS pseudonym_key
SELECT * REPLACE
(
    if(length(user_id) < 64, user_id, assumeNotNull(lower(hex(HMAC('sha256', concat('handle\n', user_id), pseudonym_key))))) AS user_id
)
FROM live_rankings
