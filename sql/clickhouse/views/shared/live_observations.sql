-- Without what people wrote; handles become pseudonyms, but for those of who was opted in.
CREATE OR REPLACE VIEW ${DATABASE}_shared.live_observations
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH (SELECT toNullable(key) FROM ${DATABASE}_private.pseudonym_key ORDER BY made_at LIMIT 1) AS pseudonym_key
SELECT * REPLACE
(
    if(unique_id = '' OR user_id IN (SELECT userid FROM creators_opted_in), unique_id, assumeNotNull(lower(hex(HMAC('sha256', concat('handle\n', lowerUTF8(unique_id)), pseudonym_key))))) AS unique_id,
    '[redacted]' AS text,
    '{}' AS payload
)
FROM live_observations
