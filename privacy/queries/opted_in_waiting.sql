-- Entries of whom nobody has been observed yet, as they are written.
SELECT if(unique_id = '', userid, concat('@', unique_id)) AS entry
FROM opted_in FINAL
WHERE is_opted_in = 1
    AND userid NOT IN (SELECT userid FROM creators_newest WHERE userid IN (SELECT userid FROM opted_in))
    AND (unique_id = '' OR unique_id NOT IN (SELECT lowerUTF8(unique_id) FROM creators_newest WHERE lowerUTF8(unique_id) IN (SELECT unique_id FROM opted_in)))
ORDER BY entry
LIMIT 20
