-- Question: what does each snapshot of a user change?
-- Grain:    by `kind`: `change`, a user and moment of observation; `alert`, a user, moment and broken rule; `account`, a record that changes
--           nothing.
-- Key:      (userid, t_now).   Lateness: the late bound (a day by default); see the view follower_deltas_corrected of ClickHouse for what comes later.
-- `counted`, `late` and `beyond_bound` account for each record once.
CREATE TEMPORARY VIEW follower_history AS
SELECT
  userid,
  kind,
  t_now,
  curr_count,
  t_prev,
  prev_count,
  revision,
  within_hours,
  threshold,
  threshold_version,
  counted,
  late,
  beyond_bound,
  is_away
FROM follower_changes(snapshots => TABLE follower_counters PARTITION BY userid, uid => 'follower_history')
