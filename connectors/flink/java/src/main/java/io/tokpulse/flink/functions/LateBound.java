package io.tokpulse.flink.functions;

import java.time.Duration;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction.TimeContext;

/**
 * How far behind the watermark an observation may be and still change what was published: {@code tokpulse.late-bound.ms} among the
 * job's parameters, a day without it.
 */
final class LateBound {

    static final String PARAMETER = "tokpulse.late-bound.ms";

    private LateBound() {}

    static long of(FunctionContext context) {
        return Long.parseLong(context.getJobParameter(PARAMETER, Long.toString(Duration.ofDays(1).toMillis())));
    }

    /** The watermark in Unix milliseconds; {@code Long.MIN_VALUE} before the first, as after a restart. */
    static long watermark(TimeContext<Long> time) {
        Long watermark = time.currentWatermark();
        return watermark == null ? Long.MIN_VALUE : watermark;
    }

    /** {@code watermark - bound}, which cannot overflow. */
    static long oldest(long watermark, long bound) {
        return watermark < Long.MIN_VALUE + bound ? Long.MIN_VALUE : watermark - bound;
    }
}
