-- Question: which keys of an upstream's answers have gone, or are new, on the newest day against the day before?
-- Grain:    one row: keys compared, those that nearly all answers of an endpoint had on one of the days and none on the other, and as
--           example one of them. Keys of objects and of the first item of lists, two levels deep; a day with few answers says nothing.
WITH counted AS
(
    SELECT
        endpoint,
        path,
        countIf(newest) AS newest_answers,
        countIf(NOT newest) AS earlier_answers
    FROM
    (
        SELECT
            endpoint,
            ingested_at >= {newest_since:DateTime64(3, 'UTC')} AS newest,
            arrayJoin(arrayDistinct(arrayConcat(
                [''],
                JSONExtractKeys(payload),
                arrayFlatten(arrayMap(
                    name -> arrayMap(inner -> concat(name, '.', inner), JSONExtractKeys(payload, name)), JSONExtractKeys(payload))),
                arrayFlatten(arrayMap(
                    name -> arrayMap(inner -> concat(name, '[].', inner), JSONExtractKeys(payload, name, 1)), JSONExtractKeys(payload)))
            ))) AS path
        FROM {dataset:Identifier}
        WHERE ingested_at >= {since:DateTime64(3, 'UTC')} AND http_status = 200
    )
    GROUP BY endpoint, path
)
SELECT
    count() AS checked,
    countIf(lost OR added) AS failing,
    concat(anyIf(endpoint, lost OR added), if(anyIf(lost, lost OR added), ' no longer has ', ' now has '), anyIf(path, lost OR added))
        AS example
FROM
(
    SELECT
        endpoint,
        path,
        answers.newest_answers >= {few:UInt64} AND answers.earlier_answers >= {few:UInt64} AS comparable,
        comparable AND counted.newest_answers = 0 AND counted.earlier_answers >= 0.9 * answers.earlier_answers AS lost,
        comparable AND counted.earlier_answers = 0 AND counted.newest_answers >= 0.9 * answers.newest_answers AS added
    FROM counted
    INNER JOIN (SELECT endpoint, newest_answers, earlier_answers FROM counted WHERE path = '') AS answers USING endpoint
    WHERE path != ''
)
