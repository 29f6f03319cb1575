package io.tokpulse.flink.functions;

import io.tokpulse.flink.memory.HeapInUse;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

import java.time.Duration;
import java.util.Arrays;

/**
 * Comments with the latest snapshot of their writers as of the moment of observation, each as soon as it is read.
 *
 * <p>{@code latest_snapshot(TABLE t PARTITION BY user_id, history_ms)}, where a row of {@code t} is a comment, or a snapshot when
 * {@code comment_id} is NULL; {@code ingested_at} says when it was observed, in Unix milliseconds. (With a partitioned table for each of
 * them, Flink 2.3 could not read its own text of the view again.) The columns of {@code t} pass through; {@code latest_count} and
 * {@code latest_at} are the snapshot's, NULL where none is known.
 *
 * <p>A comment never waits for snapshots: it leaves with what is known. A snapshot leaves as a row of its own if the user has a comment
 * observed at the same time or later, or in the rest of an hour in which it has one: it may be the answer for that one, and whoever
 * holds the comments has to see to them. Of several snapshots of one moment the largest count holds.
 *
 * <p>State per user, see {@link Known}, is one value and no map: Flink checks the time to live of collections entry by entry, some of
 * them at every access, which took half of the job's time. So each access moves all of a user's snapshots: a day of one a minute is
 * 23 KB. A snapshot drops what is older than the history; the time to live ends the rest (a function whose columns pass through has
 * no timers). Comments change the state once an hour: each change is a write, which copies it and makes Flink look for five values
 * that have expired.
 *
 * <p>A temporal join of Flink would keep each comment until both watermarks have passed it, and drop snapshots that late comments need.
 */
@DataTypeHint("ROW<latest_count BIGINT, latest_at BIGINT>")
public final class LatestSnapshot extends ProcessTableFunction<Row> {

    private static final long serialVersionUID = 1L;

    private static final long STEP = Duration.ofHours(1).toMillis();

    /** What is remembered of a user. */
    public static class Known {

        /** End of the hour in which the newest comment was observed, Unix milliseconds; null before the first. */
        public Long newestComment;

        /**
         * When each snapshot was observed, in order: those from {@code history_ms} before the watermark on with the last one before
         * them, for comments that come late.
         */
        public long[] times = {};

        /** The follower count of each. */
        public long[] counts = {};
    }

    @Override
    public void open(FunctionContext context) {
        HeapInUse.report(context.getMetricGroup());
    }

    /** One row of either kind. */
    public void eval(
            Context context,
            @StateHint(name = "known", ttl = Forgetting.TTL) Known known,
            @ArgumentHint(
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.PASS_COLUMNS_THROUGH},
                            name = "observations")
                    Row row,
            @ArgumentHint(value = ArgumentTrait.SCALAR, name = "history_ms") Long historyMillis) {
        long at = row.getFieldAs("ingested_at");
        if (row.getField("comment_id") != null) {
            int latest = latest(known.times, at);
            collect(latest < 0 ? Row.of(null, null) : Row.of(known.counts[latest], known.times[latest]));
            if (known.newestComment == null || known.newestComment < at) {
                known.newestComment = at - Math.floorMod(at, STEP) + STEP - 1;
            }
            return;
        }
        long count = row.getFieldAs("follower_count");
        if (!learn(known, at, count)) {
            return;
        }
        if (known.newestComment != null && at <= known.newestComment) {
            collect(Row.of(count, at));
        }
        Long watermark = context.timeContext(Long.class).currentWatermark();
        if (watermark != null) {
            forget(known, watermark - historyMillis);
        }
    }

    /** Whether the snapshot says something that was not known. */
    private static boolean learn(Known known, long at, long count) {
        int place = Arrays.binarySearch(known.times, at);
        if (place >= 0) {
            if (known.counts[place] >= count) {
                return false;
            }
            known.counts[place] = count;
            return true;
        }
        known.times = inserted(known.times, -place - 1, at);
        known.counts = inserted(known.counts, -place - 1, count);
        return true;
    }

    /** Place of the latest of {@code times} that is not after {@code at}; negative when there is none. */
    private static int latest(long[] times, long at) {
        int place = Arrays.binarySearch(times, at);
        return place >= 0 ? place : -place - 2;
    }

    /** Drops the snapshots that no moment from {@code from} on needs. */
    private static void forget(Known known, long from) {
        int needed = latest(known.times, from);
        if (needed > 0) {
            known.times = Arrays.copyOfRange(known.times, needed, known.times.length);
            known.counts = Arrays.copyOfRange(known.counts, needed, known.counts.length);
        }
    }

    private static long[] inserted(long[] values, int place, long value) {
        long[] more = new long[values.length + 1];
        System.arraycopy(values, 0, more, 0, place);
        more[place] = value;
        System.arraycopy(values, place, more, place + 1, values.length - place);
        return more;
    }
}
