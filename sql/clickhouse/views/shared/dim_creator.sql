-- Names become pseudonyms, as in user_observations, but for those who were opted in.
CREATE OR REPLACE VIEW ${DATABASE}_shared.dim_creator
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH (SELECT toNullable(key) FROM ${DATABASE}_private.pseudonym_key ORDER BY made_at LIMIT 1) AS pseudonym_key
SELECT * REPLACE
(
    if(unique_id = '' OR userid IN (SELECT userid FROM creators_opted_in), unique_id, assumeNotNull(lower(hex(HMAC('sha256', concat('handle\n', lowerUTF8(unique_id)), pseudonym_key))))) AS unique_id,
    if(nickname = '' OR userid IN (SELECT userid FROM creators_opted_in), nickname, assumeNotNull(lower(hex(HMAC('sha256', concat('nickname\n', nickname), pseudonym_key))))) AS nickname,
    if(sec_uid = '', '', assumeNotNull(lower(hex(HMAC('sha256', concat('secuid\n', sec_uid), pseudonym_key))))) AS sec_uid
)
FROM dim_creator
