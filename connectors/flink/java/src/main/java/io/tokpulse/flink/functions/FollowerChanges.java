package io.tokpulse.flink.functions;

import io.tokpulse.flink.memory.HeapInUse;
import io.tokpulse.flink.thresholds.Bases;
import io.tokpulse.flink.thresholds.FollowerGains;
import io.tokpulse.flink.thresholds.PublishedThresholds;
import io.tokpulse.flink.thresholds.Thresholds;
import io.tokpulse.flink.thresholds.Thresholds.Gain;
import java.time.Duration;
import java.util.Arrays;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;

/**
 * How each user's follower count changes from snapshot to snapshot, and which rules about gained followers a snapshot breaks.
 *
 * <p>{@code follower_changes(snapshots => TABLE t PARTITION BY userid)}. A snapshot waits until the watermark has passed it, so that it
 * is compared with the one before it; one that comes later, within the late bound, is put in its place, and the change that follows it
 * leaves again with a higher {@code revision}. Rows leave in three kinds:
 *
 * <ul>
 *   <li>{@code change}: a snapshot and the one before it; for a user's first the columns of the earlier one are NULL. 0 followers
 *       are none: what comes after is compared with the last count that is not 0; without one, a large count with itself. {@code
 *       is_away} says that the snapshot is no base ({@link Bases}).
 *   <li>{@code alert}: a snapshot breaks a rule, by the thresholds in force when it was taken; once each, whatever comes later.
 *   <li>{@code account}: a record that changes nothing: it was known, or it came beyond the late bound.
 * </ul>
 *
 * <p>{@code counted}, {@code late} and {@code beyond_bound} add up to the number of records, each in one row, once.
 *
 * <p>State per user is one value, of the snapshots of a week (the longest span of a rule) and the late bound; a timer per snapshot that
 * waits, and one to be forgotten.
 */
@DataTypeHint(
        value =
                "ROW<kind STRING NOT NULL, t_now TIMESTAMP(3) NOT NULL, curr_count BIGINT NOT NULL, t_prev TIMESTAMP(3),"
                        + " prev_count BIGINT, revision BIGINT NOT NULL, within_hours INT, threshold BIGINT, threshold_version STRING,"
                        + " counted BIGINT NOT NULL, late BIGINT NOT NULL, beyond_bound BIGINT NOT NULL, is_away BOOLEAN NOT NULL>",
        bridgedTo = RowData.class)
public final class FollowerChanges extends ProcessTableFunction<RowData> {

    private static final long serialVersionUID = 1L;

    private static final StringData CHANGE = StringData.fromString("change");
    private static final StringData ALERT = StringData.fromString("alert");
    private static final StringData ACCOUNT = StringData.fromString("account");
    private static final long LONGEST_SPAN = Duration.ofDays(7).toMillis();

    private transient long bound;
    private transient long remembered;
    private transient PublishedThresholds published;
    private transient FollowerHistory history;

    /** What is remembered of a user: {@link FollowerHistory}, packed. */
    public static class Known {
        public byte[] history;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        HeapInUse.report(context.getMetricGroup());
        open(LateBound.of(context), PublishedThresholds.of(context));
    }

    void open(long lateBound, PublishedThresholds thresholds) {
        bound = lateBound;
        remembered = Forgetting.after(bound + LONGEST_SPAN);
        published = thresholds;
        history = new FollowerHistory();
    }

    /** One snapshot. */
    public void eval(
            Context context,
            @StateHint(name = "known", ttl = Forgetting.NO_TTL) Known known,
            @ArgumentHint(
                            value = ArgumentTrait.SET_SEMANTIC_TABLE,
                            name = "snapshots",
                            type =
                                    @DataTypeHint(
                                            value = "ROW<userid STRING, follower_count BIGINT, ingested_at BIGINT>",
                                            bridgedTo = RowData.class))
                    RowData snapshot)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        long at = snapshot.getLong(2);
        long count = snapshot.getLong(1);
        history.unpack(known.history);
        long watermark = Math.max(LateBound.watermark(time), history.orderedUntil());
        if (at <= LateBound.oldest(watermark, bound)) {
            collect(account(at, count, 0, 1));
            return;
        }
        int place = history.find(at);
        boolean isNew = place < 0;
        if (isNew && at > watermark || !isNew && !history.ordered[place]) {
            if (isNew) {
                place = -place - 1;
                history.insert(place, at);
                time.registerOnTime(at);
            }
            history.counts[place] = Math.max(history.counts[place], count);
            history.records[place]++;
        } else if (isNew || history.counts[place] < count) {
            late(isNew ? -place - 1 : place, isNew, at, count);
        } else {
            collect(account(at, count, 1, 0));
            return;
        }
        if (history.forgetAt == 0) {
            forgetAt(at + remembered, time);
        }
        known.history = history.pack(LateBound.oldest(watermark, bound + LONGEST_SPAN));
    }

    /** The watermark has passed a snapshot, or the user may be forgotten. */
    public void onTimer(OnTimerContext context, Known known) throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        long watermark = Math.max(LateBound.watermark(time), time.time());
        history.unpack(known.history);
        history.settle();
        for (int i = 0; i < history.size; i++) {
            if (!history.ordered[i] && history.times[i] <= watermark) {
                history.ordered[i] = true;
                collect(change(i, history.records[i], 0));
                alert(i);
            }
        }
        if (time.time() == history.forgetAt) {
            long until = history.times[history.size - 1] + remembered;
            if (until <= time.time()) {
                context.clearAllState();
                return;
            }
            forgetAt(until, time);
        }
        known.history = history.pack(LateBound.oldest(watermark, bound + LONGEST_SPAN));
    }

    private void forgetAt(long at, TimeContext<Long> time) {
        history.forgetAt = at;
        time.registerOnTime(at);
    }

    /** Puts a snapshot in its place behind the watermark, new or with a larger count than was known. */
    private void late(int place, boolean isNew, long at, long count) throws Exception {
        history.settle();
        if (isNew) {
            history.insert(place, at);
            history.ordered[place] = true;
        } else {
            history.revision[place]++;
        }
        history.counts[place] = count;
        boolean[] before = Arrays.copyOf(history.bases, history.size);
        history.settle();
        collect(change(place, 0, 1));
        // The next one is compared with it; behind zeros also the first that is none. Others may be bases now, or no longer.
        boolean behindZeros = true;
        for (int i = place + 1; i < history.size && history.ordered[i]; i++) {
            boolean isCompared = i == place + 1 || behindZeros && history.counts[i] > 0;
            behindZeros &= history.counts[i] == 0;
            if (isCompared || before[i] != history.bases[i]) {
                history.revision[i]++;
                collect(change(i, 0, 0));
            }
        }
        for (int i = place; i < history.size && history.ordered[i]; i++) {
            alert(i);
        }
    }

    private RowData change(int i, long counted, long late) {
        int from = i - 1;
        long count = history.counts[i];
        long prev = from < 0 ? 0 : history.counts[from];
        if (from >= 0 && prev == 0 && count > 0) {
            int last = history.lastWithFollowers(from);
            boolean known = last >= 0 && isWithinReach(last, i);
            if (known) {
                from = last;
                prev = history.counts[last];
            } else if (count >= Bases.LARGE) {
                prev = count;
            }
        }
        boolean isKnown = from >= 0 && isWithinReach(from, i);
        return GenericRowData.of(
                CHANGE,
                TimestampData.fromEpochMillis(history.times[i]),
                count,
                isKnown ? TimestampData.fromEpochMillis(history.times[from]) : null,
                isKnown ? (Long) prev : null,
                history.revision[i],
                null,
                null,
                null,
                counted,
                late,
                0L,
                !history.bases[i]);
    }

    private boolean isWithinReach(int from, int to) {
        return history.times[to] - history.times[from] <= Forgetting.REACH;
    }

    /** Alerts for each rule that a snapshot breaks and that was not alerted for it before. */
    private void alert(int i) throws Exception {
        Thresholds thresholds = published.inForce(history.times[i]);
        for (int rule = 0; rule < thresholds.gains().size(); rule++) {
            Gain gain = thresholds.gains().get(rule);
            int from = FollowerGains.brokenFrom(history.times, history.counts, history.bases, i, gain);
            if (from < 0 || (history.alerted[i] >>> rule & 1) == 1) {
                continue;
            }
            history.alerted[i] |= 1L << rule;
            collect(
                    GenericRowData.of(
                            ALERT,
                            TimestampData.fromEpochMillis(history.times[i]),
                            history.counts[i],
                            TimestampData.fromEpochMillis(history.times[from]),
                            history.counts[from],
                            history.revision[i],
                            gain.withinHours(),
                            gain.gained(),
                            thresholds.version(),
                            0L,
                            0L,
                            0L,
                            false));
        }
    }

    private static RowData account(long at, long count, long late, long beyond) {
        return GenericRowData.of(
                ACCOUNT, TimestampData.fromEpochMillis(at), count, null, null, 0L, null, null, null, 0L, late, beyond, false);
    }
}
