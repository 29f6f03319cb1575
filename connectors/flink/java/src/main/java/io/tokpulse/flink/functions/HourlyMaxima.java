package io.tokpulse.flink.functions;

import io.tokpulse.flink.memory.HeapInUse;
import java.util.Arrays;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;

/**
 * The maxima of each post's counters by the UTC hour, and how the first of them grew from one observed hour to the next.
 *
 * <p>{@code hourly_maxima(posts => TABLE t PARTITION BY aweme_id)}. Which counters there are, and how many, is for the SQL to say: they
 * come and leave as an array. One that observations have not is NULL. The watermark says when an hour closes; it never decides whether
 * an observation counts. Rows leave in four kinds:
 *
 * <ul>
 *   <li>{@code closed}: an hour has ended; its maxima, and the last earlier hour if the post has one.
 *   <li>{@code late}: an observation of an hour that has closed, with its own counters: readers take the maximum of each column.
 *   <li>{@code growth}: the first counter of a closed hour, or of the hour before it, changed; it is the hour's maximum now, the
 *       others are 0.
 *   <li>{@code beyond}: an observation more than the late bound behind the watermark, with its own counters. It changes maxima, but
 *       the growth of hours is not computed again.
 * </ul>
 *
 * <p>{@code counted}, {@code late} and {@code beyond_bound} add up to the number of observations, each in one row, once.
 *
 * <p>State per post is one value of a few bytes an hour, for the hours of the late bound and one before: its size depends on hours, not
 * on observations. A post has one timer for the first of its open hours, and one to be forgotten. A tumbling window instead refuses
 * what comes behind its watermark, so that all results hang on how fast, and in which order, partitions are read.
 */
@DataTypeHint(
        value =
                "ROW<kind STRING NOT NULL, author_id STRING NOT NULL, window_start TIMESTAMP(3) NOT NULL, counters ARRAY<BIGINT> NOT NULL,"
                        + " prev_window_start TIMESTAMP(3), prev_count BIGINT,"
                        + " counted BIGINT NOT NULL, late BIGINT NOT NULL, beyond_bound BIGINT NOT NULL>",
        bridgedTo = RowData.class)
public final class HourlyMaxima extends ProcessTableFunction<RowData> {

    private static final long serialVersionUID = 1L;

    private static final StringData CLOSED = StringData.fromString("closed");
    private static final StringData LATE = StringData.fromString("late");
    private static final StringData GROWTH = StringData.fromString("growth");
    private static final StringData BEYOND = StringData.fromString("beyond");

    private transient long bound;
    private transient long quiet;
    private transient long remembered;
    private transient PostHours hours;

    /** What is remembered of a post: {@link PostHours}, packed. */
    public static class Known {
        public byte[] hours;
    }

    @Override
    public void open(FunctionContext context) {
        HeapInUse.report(context.getMetricGroup());
        open(LateBound.of(context));
    }

    void open(long lateBound) {
        bound = lateBound;
        quiet = Forgetting.wholeHours(bound);
        remembered = Forgetting.after(bound);
        hours = new PostHours();
    }

    /** One observation. */
    public void eval(
            Context context,
            @StateHint(name = "known", ttl = Forgetting.NO_TTL) Known known,
            @ArgumentHint(
                            value = ArgumentTrait.SET_SEMANTIC_TABLE,
                            name = "posts",
                            type =
                                    @DataTypeHint(
                                            value =
                                                    "ROW<aweme_id STRING, author_id STRING, counters ARRAY<BIGINT>,"
                                                            + " ingested_at BIGINT>",
                                            bridgedTo = RowData.class))
                    RowData post) {
        TimeContext<Long> time = context.timeContext(Long.class);
        ArrayData counters = post.getArray(2);
        long start = PostHours.startOf(post.getLong(3));
        long end = start + PostHours.HOUR;
        hours.unpack(known.hours);
        hours.widen(counters.size());
        long watermark = Math.max(LateBound.watermark(time), hours.closedUntil());
        boolean isNew = hours.size == 0;
        if (end <= LateBound.oldest(watermark, bound)) {
            collect(own(BEYOND, start, post));
            return;
        }
        byte[] author = post.getString(1).toBytes();
        if (Arrays.compareUnsigned(hours.author, author) < 0) {
            hours.author = author;
        }
        if (isNew) {
            time.registerOnTime(end + quiet);
        }
        int place = hours.find(start);
        if (place < 0) {
            place = -place - 1;
            hours.insert(place, start);
            if (end - 1 > watermark) {
                if (hours.firstOpen() == place) {
                    time.registerOnTime(end - 1);
                }
            } else {
                // Nobody has been told of this hour, and its end has passed.
                hours.closed[place] = true;
            }
        }
        if (hours.closed[place]) {
            late(place, start, post);
        } else {
            hours.observe(place, counters);
        }
        known.hours = hours.pack(LateBound.oldest(watermark, bound));
    }

    /** The end of an hour has passed, or the post may be forgotten: that is at a full hour, ends are a millisecond before. */
    public void onTimer(OnTimerContext context, Known known) {
        TimeContext<Long> time = context.timeContext(Long.class);
        long watermark = Math.max(LateBound.watermark(time), time.time());
        hours.unpack(known.hours);
        if (time.time() % PostHours.HOUR == 0) {
            forget(context, known);
            return;
        }
        for (int i = 0; i < hours.size; i++) {
            if (!hours.closed[i] && hours.start[i] + PostHours.HOUR - 1 <= watermark) {
                hours.closed[i] = true;
                collect(row(CLOSED, i, hours.observations[i]));
            }
        }
        int next = hours.firstOpen();
        if (next < hours.size) {
            time.registerOnTime(hours.start[next] + PostHours.HOUR - 1);
        }
        known.hours = hours.pack(LateBound.oldest(watermark, bound));
    }

    /** Looks again when the newest hour is out of bounds, keeps one hour then, and that for a month. */
    private void forget(OnTimerContext context, Known known) {
        TimeContext<Long> time = context.timeContext(Long.class);
        long end = hours.start[hours.size - 1] + PostHours.HOUR;
        if (end + remembered <= time.time()) {
            context.clearAllState();
        } else if (end + quiet <= time.time()) {
            known.hours = hours.pack(LateBound.oldest(time.time(), bound));
            time.registerOnTime(end + remembered);
        } else {
            time.registerOnTime(end + quiet);
        }
    }

    private void late(int place, long start, RowData post) {
        collect(own(LATE, start, post));
        if (hours.raise(place, post.getArray(2))) {
            collect(row(GROWTH, place, 0));
            if (place + 1 < hours.size && hours.closed[place + 1]) {
                collect(row(GROWTH, place + 1, 0));
            }
        }
    }

    private RowData row(StringData kind, int place, long counted) {
        Long[] counters = new Long[hours.counters];
        for (int counter = 0; counter < counters.length; counter++) {
            counters[counter] = counter == 0 || kind == CLOSED ? known(hours.maximum(place, counter)) : (Long) 0L;
        }
        boolean grew = place > 0 && hours.start[place] - hours.start[place - 1] <= Forgetting.REACH;
        return GenericRowData.of(
                kind,
                StringData.fromBytes(hours.author),
                TimestampData.fromEpochMillis(hours.start[place]),
                new GenericArrayData(counters),
                grew ? TimestampData.fromEpochMillis(hours.start[place - 1]) : null,
                grew ? known(hours.maximum(place - 1, 0)) : null,
                counted,
                0L,
                0L);
    }

    private static RowData own(StringData kind, long start, RowData post) {
        return GenericRowData.of(
                kind,
                post.getString(1),
                TimestampData.fromEpochMillis(start),
                post.getArray(2),
                null,
                null,
                0L,
                kind == LATE ? 1L : 0L,
                kind == BEYOND ? 1L : 0L);
    }

    private static Long known(long maximum) {
        return maximum == PostHours.UNKNOWN ? null : maximum;
    }
}
