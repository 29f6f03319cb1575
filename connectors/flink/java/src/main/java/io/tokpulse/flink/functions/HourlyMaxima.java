package io.tokpulse.flink.functions;

import io.tokpulse.flink.memory.HeapInUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.StateTypeStrategy;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.inference.TypeStrategies;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/**
 * The maxima of each post's counters by the UTC hour, and how the first of them grew from one observed hour to the next.
 *
 * <p>{@code hourly_maxima(posts => TABLE t PARTITION BY aweme_id)}, where t has the columns {@code aweme_id}, {@code author_id}, any
 * counters, and {@code ingested_at}. A row that leaves has {@code kind}, {@code author_id}, {@code window_start}, the same counters,
 * {@code prev_window_start} and {@code prev_} with the first counter's name, and what accounts for observations. A counter that
 * observations have not is NULL.
 *
 * <p>The watermark says when an hour closes; it never decides whether an observation counts. Rows leave in four kinds:
 *
 * <ul>
 *   <li>{@code closed}: an hour has ended; its maxima, and the last earlier hour if the post has one.
 *   <li>{@code late}: an observation of an hour that has closed, with its own counters: readers take the maximum of each column.
 *   <li>{@code growth}: the first counter of a closed hour, or of the hour before it, changed; it is the hour's maximum now, the others
 *       are 0.
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
public final class HourlyMaxima extends ProcessTableFunction<RowData> {

    private static final long serialVersionUID = 1L;

    private static final String POSTS = "posts";
    /** Columns of {@code posts} before the first counter, and how many there are beside counters. */
    private static final int BEFORE = 2;
    private static final int BESIDE = 3;
    /** Columns of a result before the first counter, and behind the last. */
    private static final int AHEAD = 3;
    private static final int BEHIND = 5;

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
    public TypeInference getTypeInference(DataTypeFactory types) {
        LinkedHashMap<String, StateTypeStrategy> state = new LinkedHashMap<>();
        DataType known = types.createDataType(Known.class);
        state.put("known", StateTypeStrategy.of(TypeStrategies.explicit(known), Forgetting.NO_TTL_DURATION));
        EnumSet<StaticArgumentTrait> traits = EnumSet.of(StaticArgumentTrait.TABLE, StaticArgumentTrait.SET_SEMANTIC_TABLE);
        return TypeInference.newBuilder()
                .staticArguments(StaticArgument.table(POSTS, RowData.class, false, traits))
                .stateTypeStrategies(state)
                .outputTypeStrategy(call -> call.getTableSemantics(0).map(table -> results(table.dataType())))
                .build();
    }

    /** The columns of what leaves for a table with the columns {@code posts}. */
    static DataType results(DataType posts) {
        RowType row = (RowType) posts.getLogicalType();
        List<String> names = row.getFieldNames();
        int last = names.size() - 1;
        boolean valid = last > BEFORE && names.get(1).equals("author_id") && names.get(last).equals("ingested_at");
        for (int i = BEFORE; i <= last && valid; i++) {
            valid = row.getTypeAt(i).is(LogicalTypeRoot.BIGINT);
        }
        if (!valid) {
            throw new ValidationException(
                    "hourly_maxima takes the post's id, author_id, one BIGINT per counter, and ingested_at, not " + row.asSummaryString());
        }
        List<DataTypes.Field> fields = new ArrayList<>();
        fields.add(DataTypes.FIELD("kind", DataTypes.STRING().notNull()));
        fields.add(DataTypes.FIELD("author_id", DataTypes.STRING().notNull()));
        fields.add(DataTypes.FIELD("window_start", DataTypes.TIMESTAMP(3).notNull()));
        for (int i = BEFORE; i < last; i++) {
            fields.add(DataTypes.FIELD(names.get(i), posts.getChildren().get(i)));
        }
        fields.add(DataTypes.FIELD("prev_window_start", DataTypes.TIMESTAMP(3)));
        fields.add(DataTypes.FIELD("prev_" + names.get(BEFORE), DataTypes.BIGINT()));
        for (String account : new String[] {"counted", "late", "beyond_bound"}) {
            fields.add(DataTypes.FIELD(account, DataTypes.BIGINT().notNull()));
        }
        return DataTypes.ROW(fields).notNull().bridgedTo(RowData.class);
    }

    @Override
    public void open(FunctionContext context) {
        HeapInUse.report(context.getMetricGroup());
        open(LateBound.of(context), null);
    }

    /** {@code empty} is for as many counters as rows have; null: it is made when the first row tells. */
    void open(long lateBound, PostHours empty) {
        bound = lateBound;
        quiet = Forgetting.wholeHours(bound);
        remembered = Forgetting.after(bound);
        hours = empty;
    }

    /** One observation. */
    public void eval(Context context, Known known, RowData post) {
        TimeContext<Long> time = context.timeContext(Long.class);
        unpack(context, known);
        long start = PostHours.startOf(post.getLong(BEFORE + hours.counters));
        long end = start + PostHours.HOUR;
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
            for (int counter = 0; counter < hours.counters; counter++) {
                hours.raise(place, counter, value(post, counter));
            }
            hours.observations[place]++;
        }
        known.hours = hours.pack(LateBound.oldest(watermark, bound));
    }

    /** The end of an hour has passed, or the post may be forgotten: that is at a full hour, ends are a millisecond before. */
    public void onTimer(OnTimerContext context, Known known) {
        TimeContext<Long> time = context.timeContext(Long.class);
        long watermark = Math.max(LateBound.watermark(time), time.time());
        unpack(context, known);
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

    private void unpack(Context context, Known known) {
        if (hours == null) {
            hours = new PostHours(context.tableSemanticsFor(POSTS).dataType().getChildren().size() - BESIDE);
        }
        hours.unpack(known.hours);
    }

    private void late(int place, long start, RowData post) {
        collect(own(LATE, start, post));
        if (hours.raise(place, 0, value(post, 0))) {
            collect(row(GROWTH, place, 0));
            if (place + 1 < hours.size && hours.closed[place + 1]) {
                collect(row(GROWTH, place + 1, 0));
            }
        }
    }

    private RowData row(StringData kind, int place, long counted) {
        GenericRowData row = begin(kind, StringData.fromBytes(hours.author), hours.start[place]);
        for (int counter = 0; counter < hours.counters; counter++) {
            set(row, counter, kind == CLOSED || counter == 0 ? hours.maximum(place, counter) : 0);
        }
        if (place > 0 && hours.start[place] - hours.start[place - 1] <= Forgetting.REACH) {
            row.setField(AHEAD + hours.counters, TimestampData.fromEpochMillis(hours.start[place - 1]));
            set(row, hours.counters + 1, hours.maximum(place - 1, 0));
        }
        return end(row, counted, 0, 0);
    }

    private RowData own(StringData kind, long start, RowData post) {
        GenericRowData row = begin(kind, post.getString(1), start);
        for (int counter = 0; counter < hours.counters; counter++) {
            set(row, counter, value(post, counter));
        }
        return end(row, 0, kind == LATE ? 1 : 0, kind == BEYOND ? 1 : 0);
    }

    private GenericRowData begin(StringData kind, StringData author, long start) {
        GenericRowData row = new GenericRowData(AHEAD + hours.counters + BEHIND);
        row.setField(0, kind);
        row.setField(1, author);
        row.setField(2, TimestampData.fromEpochMillis(start));
        return row;
    }

    private static RowData end(GenericRowData row, long counted, long late, long beyond) {
        int place = row.getArity() - 3;
        row.setField(place, counted);
        row.setField(place + 1, late);
        row.setField(place + 2, beyond);
        return row;
    }

    private static void set(GenericRowData row, int counter, long value) {
        row.setField(AHEAD + counter, value == PostHours.UNKNOWN ? null : (Long) value);
    }

    private static long value(RowData post, int counter) {
        return post.isNullAt(BEFORE + counter) ? PostHours.UNKNOWN : post.getLong(BEFORE + counter);
    }
}
