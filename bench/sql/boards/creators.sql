-- Question: who are the creators? A long tail: few have millions of followers.
-- Grain:    one row per creator.
INSERT INTO bench_creators (number, userid, followers, per_hour)
SELECT
    number,
    toString(6800000000000000000 + number * 7919) AS userid,
    toUInt64(exp10(2 + 5 * pow(cityHash64(number, 'followers') % 10000 / 10000, 2))) AS followers,
    followers * (cityHash64(number, 'growth') % 100 / 100. - 0.1) / 5000 AS per_hour
FROM numbers({creators:UInt32})
