-- The accounts whose names may be shown: those of opted_in, and where only a handle is known so far the one that bears it now. The inner
-- IN finds candidates by the index, also by names of the past.
CREATE OR REPLACE VIEW creators_opted_in
(
    userid String
)
AS WITH handles AS (SELECT unique_id FROM opted_in FINAL WHERE is_opted_in = 1 AND opted_in.userid = '')
SELECT DISTINCT userid
FROM
(
    SELECT userid
    FROM opted_in FINAL
    WHERE is_opted_in = 1 AND userid != ''
    UNION ALL
    SELECT userid
    FROM creators_newest FINAL
    WHERE userid IN (SELECT userid FROM creators_newest WHERE lowerUTF8(unique_id) IN (SELECT unique_id FROM handles))
        AND lowerUTF8(unique_id) IN (SELECT unique_id FROM handles)
)
