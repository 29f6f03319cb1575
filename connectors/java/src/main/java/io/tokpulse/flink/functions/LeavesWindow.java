package io.tokpulse.flink.functions;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * Whether the tumbling-window operator may refuse a row, so that the row must reach its result on its own.
 *
 * <p>{@code leaves_window(event_time, CURRENT_WATERMARK(event_time), size_ms, max_ahead_ms, idle_ms, resumed)} is true when
 *
 * <ul>
 *   <li>the row's window has ended at the watermark: the row is late; or
 *   <li>the task runs on restored state and its watermark has not yet passed every watermark that the attempt before it can have
 *       seen. Flink's window operator restores its watermark, the source does not: between the two, a late row looks punctual here
 *       and is dropped there. Event times more than {@code max_ahead_ms} in the future never get this far, so no watermark of an
 *       earlier attempt is beyond the wall clock at start plus {@code max_ahead_ms}.
 *   <li>the task has just had nothing to do for {@code idle_ms}: it was idle, the window's watermark went on without it, and its own
 *       stood still. The same bound holds from then on. Zero means that tasks are never idle.
 * </ul>
 *
 * <p>The doubt ends on a window boundary, so that several calls for one row agree although they are opened some milliseconds apart
 * and mini-batching coarsens the watermark of some of them.
 */
public final class LeavesWindow extends ScalarFunction {

    private static final long serialVersionUID = 1L;

    private transient boolean restarted;
    private transient boolean first;
    private transient long doubtUntil;
    private transient long lastCall;

    @Override
    public void open(FunctionContext context) {
        String attempt = context.getMetricGroup().getAllVariables().getOrDefault("<task_attempt_num>", "0");
        restarted = !"0".equals(attempt);
        first = true;
        lastCall = System.currentTimeMillis();
        doubtUntil = Long.MIN_VALUE;
    }

    /** Null event time (a rejected record) gives null. */
    public @DataTypeHint("BOOLEAN") Boolean eval(
            @DataTypeHint(value = "TIMESTAMP_LTZ(3)", bridgedTo = TimestampData.class) TimestampData eventTime,
            @DataTypeHint(value = "TIMESTAMP_LTZ(3)", bridgedTo = TimestampData.class) TimestampData watermark,
            Long sizeMillis,
            Long maxAheadMillis,
            Long idleMillis,
            Boolean resumed) {
        if (eventTime == null) {
            return null;
        }
        long now = System.currentTimeMillis();
        if ((first && (restarted || resumed)) || (idleMillis > 0 && now - lastCall >= idleMillis)) {
            doubtUntil = now + maxAheadMillis;
        }
        first = false;
        lastCall = now;
        return leaves(
                eventTime.getMillisecond(),
                watermark == null ? Long.MIN_VALUE : watermark.getMillisecond(),
                sizeMillis,
                doubtUntil);
    }

    /** The rule itself; {@code doubtUntil} is {@code Long.MIN_VALUE} on fresh state. All times in Unix milliseconds. */
    static boolean leaves(long eventTime, long watermark, long size, long doubtUntil) {
        long windowEnd = eventTime - Math.floorMod(eventTime, size) + size;
        if (watermark != Long.MIN_VALUE && windowEnd - 1 <= watermark) {
            return true;
        }
        if (doubtUntil == Long.MIN_VALUE) {
            return false;
        }
        long lastDoubtfulWindowEnd = doubtUntil - Math.floorMod(doubtUntil, size) + size;
        return watermark < lastDoubtfulWindowEnd - 1;
    }

    @Override
    public boolean isDeterministic() {
        return false;
    }
}
