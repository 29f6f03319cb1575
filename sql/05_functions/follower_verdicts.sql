-- Question: which rules about gained followers does this snapshot break, by the thresholds in force when it was taken?
-- Grain:    a table function of one row: times and counts of the user's snapshots of the last days -> a row per broken rule.
CREATE TEMPORARY FUNCTION follower_verdicts AS 'jobs.verdicts.follower_verdicts' LANGUAGE PYTHON
