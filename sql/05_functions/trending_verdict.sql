-- Question: does a post of this growth trend, by the thresholds in force when its hour ended?
-- Grain:    a scalar function of one row: plays per hour, the author's followers (-1 for unknown), end of the hour -> tier, threshold, version.
-- Why Python: versions are published while the job runs, so the function asks for them; the judgement itself is a plain function.
CREATE TEMPORARY FUNCTION trending_verdict AS 'jobs.verdicts.trending_verdict' LANGUAGE PYTHON
