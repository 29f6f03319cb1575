package io.tokpulse.flink.functions;

import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.ProcessTableFunction;

/**
 * Sums that leave when the watermark moves, not with every row.
 *
 * <p>{@code tally(accounts => TABLE t PARTITION BY bucket)}: cumulative sums of {@code counted}, {@code late} and {@code beyond_bound} per
 * bucket, the start of an hour in Unix seconds; the newest row of a bucket is the truth. They leave when the hour has closed, as the counts
 * of what was read do, and then whenever the watermark moves. Sums stay for as long as
 * the job: cumulative counts need them, and there is one per hour of event time. An ordinary GROUP BY would say two rows for each that it reads.
 */
@DataTypeHint(value = "ROW<counted BIGINT NOT NULL, late BIGINT NOT NULL, beyond_bound BIGINT NOT NULL>", bridgedTo = RowData.class)
public final class Tally extends ProcessTableFunction<RowData> {

    private static final long serialVersionUID = 1L;

    /** Sums of a bucket. */
    public static class Sums {
        public long counted;
        public long late;
        public long beyondBound;
        public boolean waits;
    }

    /** One row to add. */
    public void eval(
            Context context,
            @StateHint(name = "sums", ttl = Forgetting.NO_TTL) Sums sums,
            @ArgumentHint(
                            value = ArgumentTrait.SET_SEMANTIC_TABLE,
                            name = "accounts",
                            type =
                                    @DataTypeHint(
                                            value = "ROW<bucket BIGINT, counted BIGINT, late BIGINT, beyond_bound BIGINT>",
                                            bridgedTo = RowData.class))
                    RowData row) {
        sums.counted += row.getLong(1);
        sums.late += row.getLong(2);
        sums.beyondBound += row.getLong(3);
        if (!sums.waits) {
            sums.waits = true;
            TimeContext<Long> time = context.timeContext(Long.class);
            long end = row.getLong(0) * 1000 + PostHours.HOUR - 1;
            time.registerOnTime(Math.max(Math.max(LateBound.watermark(time), 0) + 1, end));
        }
    }

    /** The watermark has moved since the last row. */
    public void onTimer(OnTimerContext context, Sums sums) {
        sums.waits = false;
        collect(GenericRowData.of(sums.counted, sums.late, sums.beyondBound));
    }
}
