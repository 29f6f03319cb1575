package io.tokpulse.flink.functions;

import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

import java.util.ArrayList;
import java.util.List;

/**
 * Comments with the latest snapshot of their writers as of the moment of observation, each as soon as it is read.
 *
 * <p>{@code latest_snapshot(TABLE t PARTITION BY user_id, history_ms)}, where a row of {@code t} is a comment, or a snapshot when
 * {@code comment_id} is NULL; {@code ingested_at} says when it was observed, in Unix milliseconds. (With a partitioned table for each of
 * them, Flink 2.3 could not read its own text of the view again.) The columns of {@code t} pass through; {@code latest_count} and
 * {@code latest_at} are the snapshot's, NULL where none is known.
 *
 * <p>A comment never waits for snapshots: it leaves with what is known. A snapshot leaves as a row of its own if the user has a comment
 * observed at the same time or later: it may be the answer for that one, and whoever holds the comments has to see to them. Of several
 * snapshots of one moment the largest count holds.
 *
 * <p>State per user: when the newest comment was observed, and the snapshots from {@code history_ms} before the watermark on with the last
 * one before them, for comments that come late. {@code table.exec.state.ttl} ends both.
 *
 * <p>A temporal join of Flink would keep each comment until both watermarks have passed it, and drop snapshots that late comments need.
 */
@DataTypeHint("ROW<latest_count BIGINT, latest_at BIGINT>")
public final class LatestSnapshot extends ProcessTableFunction<Row> {

    private static final long serialVersionUID = 1L;

    /** One row of either kind. */
    public void eval(
            Context context,
            @StateHint(name = "counts", type = @DataTypeHint("MAP<BIGINT, BIGINT>")) MapView<Long, Long> counts,
            @StateHint(name = "newest_comment", type = @DataTypeHint("ROW<ingested_at BIGINT>")) Row newestComment,
            @ArgumentHint(
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.PASS_COLUMNS_THROUGH},
                            name = "observations")
                    Row row,
            @ArgumentHint(value = ArgumentTrait.SCALAR, name = "history_ms") Long historyMillis)
            throws Exception {
        long at = row.getFieldAs("ingested_at");
        Long newest = newestComment.getFieldAs(0);
        if (row.getField("comment_id") != null) {
            Long latest = latest(counts, at);
            collect(Row.of(latest == null ? null : counts.get(latest), latest));
            if (newest == null || newest < at) {
                newestComment.setField(0, at);
            }
            return;
        }
        Long count = row.getFieldAs("follower_count");
        Long before = counts.get(at);
        if (before != null && before >= count) {
            return;
        }
        counts.put(at, count);
        if (newest != null && at <= newest) {
            collect(Row.of(count, at));
        }
        Long watermark = context.timeContext(Long.class).currentWatermark();
        if (watermark != null) {
            forget(counts, watermark - historyMillis);
        }
    }

    /** Time of the latest snapshot at or before {@code at}, or null. */
    private static Long latest(MapView<Long, Long> counts, long at) throws Exception {
        Long latest = null;
        for (Long observed : counts.keys()) {
            if (observed <= at && (latest == null || observed > latest)) {
                latest = observed;
            }
        }
        return latest;
    }

    /** Drops the snapshots that no moment after {@code from} needs. */
    private static void forget(MapView<Long, Long> counts, long from) throws Exception {
        Long needed = latest(counts, from);
        if (needed == null) {
            return;
        }
        List<Long> passed = new ArrayList<>();
        for (Long observed : counts.keys()) {
            if (observed < needed) {
                passed.add(observed);
            }
        }
        for (Long observed : passed) {
            counts.remove(observed);
        }
    }
}
