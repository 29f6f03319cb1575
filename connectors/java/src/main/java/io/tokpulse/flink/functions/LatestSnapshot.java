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
import java.util.Map;

/**
 * Comments with the latest snapshot of their writers as of the moment of observation, each as soon as it is read.
 *
 * <p>{@code latest_snapshot(TABLE t PARTITION BY user_id, history_ms, DESCRIPTOR(event_time))}, where a row of {@code t} is a
 * comment, or a snapshot when {@code comment_id} is NULL. (With a partitioned table for each of them, Flink 2.3 could not read its own
 * text of the view again.) A comment never waits for snapshots: it leaves with what is known, {@code follower_count} and
 * {@code snapshot_at} NULL where that is nothing. A snapshot that changes the answer of comments that have left sends these out
 * again. So the row of an observation with the greatest {@code snapshot_at} is the right one, in whatever order records come. Of several
 * snapshots of one moment the largest count holds.
 *
 * <p>State per user: the comments that the watermark has not passed, and snapshots from {@code history_ms} before the watermark on
 * with the last one before them, for comments that come late. {@code table.exec.state.ttl} ends both. A snapshot that may change the
 * answer of comments which are no longer here leaves as a row of its own, {@code comment_id} NULL: whoever holds the comments has to
 * see to them.
 *
 * <p>A temporal join of Flink would keep each comment until both watermarks have passed it, and drop snapshots that late comments need.
 */
@DataTypeHint(LatestSnapshot.OUTPUT)
public final class LatestSnapshot extends ProcessTableFunction<Row> {

    private static final long serialVersionUID = 1L;

    /** Columns of a comment as it is kept; the output has them in this order, without {@code user_id}, which is the key. */
    static final String COMMENT =
            "comment_id STRING, video_id STRING, text STRING, create_time BIGINT, ingested_at BIGINT, digg_count BIGINT,"
                    + " reply_total BIGINT, compound DOUBLE, label STRING, model STRING, `language` STRING";

    static final String OUTPUT = "ROW<" + COMMENT + ", follower_count BIGINT, snapshot_at BIGINT>";

    private static final List<String> COLUMNS =
            List.of(
                    "comment_id",
                    "video_id",
                    "text",
                    "create_time",
                    "ingested_at",
                    "digg_count",
                    "reply_total",
                    "compound",
                    "label",
                    "model",
                    "language");
    private static final int INGESTED_AT = COLUMNS.indexOf("ingested_at");

    /** Comments of one user within a minute share a timer. */
    private static final long TIMER_MILLIS = 60_000;

    /** All times are Unix milliseconds. */
    public void eval(
            Context context,
            @StateHint(name = "counts", type = @DataTypeHint("MAP<BIGINT, BIGINT>")) MapView<Long, Long> counts,
            @StateHint(name = "gone", type = @DataTypeHint("ROW<latest BIGINT>")) Row gone,
            @StateHint(name = "recent", type = @DataTypeHint("MAP<ROW<" + COMMENT + ">, BOOLEAN>"))
                    MapView<Row, Boolean> recent,
            @ArgumentHint(
                            value = {ArgumentTrait.SET_SEMANTIC_TABLE, ArgumentTrait.REQUIRE_ON_TIME},
                            name = "observations")
                    Row row,
            @ArgumentHint(value = ArgumentTrait.SCALAR, name = "history_ms") Long historyMillis)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        long watermark = time.currentWatermark() == null ? Long.MIN_VALUE : time.currentWatermark();
        long at = time.time();
        if (row.getField("comment_id") != null) {
            Row kept = kept(row, at);
            collect(enriched(kept, latest(counts, at), counts));
            if (at > watermark) {
                recent.put(kept, true);
                time.registerOnTime(Math.floorDiv(at, TIMER_MILLIS) * TIMER_MILLIS + TIMER_MILLIS);
            } else {
                letGo(gone, at);
            }
            return;
        }
        long count = row.getFieldAs("follower_count");
        Long before = counts.get(at);
        if (before != null && before >= count) {
            return;
        }
        counts.put(at, count);
        Long lastGone = gone.getFieldAs(0);
        if (lastGone != null && at <= lastGone) {
            collect(enriched(new Row(COLUMNS.size()), at, counts));
        }
        for (Row kept : recent.keys()) {
            Long latest = latest(counts, kept.getFieldAs(INGESTED_AT));
            if (latest != null && latest == at) {
                collect(enriched(kept, latest, counts));
            }
        }
        if (watermark != Long.MIN_VALUE) {
            forget(counts, watermark - historyMillis);
        }
    }

    /** Forgets the comments that the watermark has passed. */
    public void onTimer(OnTimerContext context, MapView<Long, Long> counts, Row gone, MapView<Row, Boolean> recent) throws Exception {
        long watermark = context.timeContext(Long.class).currentWatermark();
        List<Row> passed = new ArrayList<>();
        for (Row kept : recent.keys()) {
            if ((long) kept.getFieldAs(INGESTED_AT) <= watermark) {
                passed.add(kept);
            }
        }
        for (Row kept : passed) {
            recent.remove(kept);
            letGo(gone, kept.getFieldAs(INGESTED_AT));
        }
    }

    private static void letGo(Row gone, long at) {
        Long latest = gone.getFieldAs(0);
        if (latest == null || latest < at) {
            gone.setField(0, at);
        }
    }

    private static Row kept(Row comment, long ingestedAt) {
        Row kept = new Row(COLUMNS.size());
        for (int column = 0; column < COLUMNS.size(); column++) {
            kept.setField(column, column == INGESTED_AT ? ingestedAt : comment.getField(COLUMNS.get(column)));
        }
        return kept;
    }

    private static Row enriched(Row kept, Long snapshotAt, MapView<Long, Long> counts) throws Exception {
        return Row.join(kept, Row.of(snapshotAt == null ? null : counts.get(snapshotAt), snapshotAt));
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
        for (Map.Entry<Long, Long> entry : counts.entries()) {
            if (entry.getKey() < needed) {
                passed.add(entry.getKey());
            }
        }
        for (Long observed : passed) {
            counts.remove(observed);
        }
    }
}
