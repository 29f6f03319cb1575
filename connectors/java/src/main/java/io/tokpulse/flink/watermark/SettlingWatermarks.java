package io.tokpulse.flink.watermark;

import java.time.Duration;
import org.apache.flink.api.common.eventtime.TimestampAssigner;
import org.apache.flink.api.common.eventtime.TimestampAssignerSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkAlignmentParams;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.util.clock.RelativeClock;

/**
 * Watermarks of another strategy that stand still for a moment when a task that was wholly idle gets a record again.
 *
 * <p>A silence longer than the idle timeout makes every channel of a job idle. Without this, the first task to read a record sends its
 * new watermark at once, and each operator behind an exchange takes it for everybody's: channels that are still marked idle do not
 * count. A window's task that hears of it first closes its hours, its watermark passes on, and the hours of the window's other tasks
 * come behind it. Here the source task first says that it is awake, by a watermark one millisecond further, and moves on after the
 * settle time: by then no channel inside of the job is idle any more.
 *
 * <p>Of several source tasks that wake, those count whose own watermark had been the furthest, or has got there: Flink holds a channel
 * that is behind what it has already sent on for late, not for slow. So what such a task reads of the time before may be late, as
 * everywhere in Flink; what it had read before the silence is not, if a checkpoint has flushed its partial sums since.
 *
 * <p>One object serves one source task: Flink deserializes the strategy for each, and asks it for a generator per partition, all of
 * them called by the task's own thread.
 */
final class SettlingWatermarks<T> implements WatermarkStrategy<T> {

    private static final long serialVersionUID = 1L;

    private final WatermarkStrategy<T> strategy;
    private final long settleMillis;

    private transient int awake;
    /** Of all partitions. Where nothing was ever sent it is the epoch, older than any record. */
    private transient long highest;
    private transient boolean settling;
    private transient long settledAt;
    private transient long ceiling;
    /** Of the first partition: each has a clock of its own, which stands still at other times. */
    private transient RelativeClock clock;

    SettlingWatermarks(WatermarkStrategy<T> strategy, Duration settleTime) {
        this.strategy = strategy;
        this.settleMillis = settleTime.toMillis();
    }

    @Override
    public WatermarkGenerator<T> createWatermarkGenerator(WatermarkGeneratorSupplier.Context context) {
        awake++;
        if (clock == null) {
            clock = context.getInputActivityClock();
        }
        return new Generator(strategy.createWatermarkGenerator(context));
    }

    @Override
    public TimestampAssigner<T> createTimestampAssigner(TimestampAssignerSupplier.Context context) {
        return strategy.createTimestampAssigner(context);
    }

    @Override
    public WatermarkAlignmentParams getAlignmentParameters() {
        return strategy.getAlignmentParameters();
    }

    private void wake() {
        if (awake == 0) {
            settling = true;
            settledAt = clock.relativeTimeMillis() + settleMillis;
            ceiling = highest + 1;
        }
        awake++;
    }

    private long settled(long watermark) {
        settling = settling && clock.relativeTimeMillis() < settledAt;
        return settling ? Math.min(watermark, ceiling) : watermark;
    }

    private final class Generator implements WatermarkGenerator<T> {

        private final WatermarkGenerator<T> generator;
        private boolean idle;
        private Gate ofEvents;
        private Gate ofPeriods;

        Generator(WatermarkGenerator<T> generator) {
            this.generator = generator;
        }

        @Override
        public void onEvent(T event, long eventTimestamp, WatermarkOutput output) {
            if (idle) {
                idle = false;
                wake();
            }
            ofEvents = gate(ofEvents, output);
            generator.onEvent(event, eventTimestamp, ofEvents);
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            ofPeriods = gate(ofPeriods, output);
            generator.onPeriodicEmit(ofPeriods);
        }

        /** One object for all records: a task has the same output for each. */
        private Gate gate(Gate last, WatermarkOutput output) {
            return last != null && last.output == output ? last : new Gate(output);
        }

        /** What the wrapped generator says, on its way to the task. */
        private final class Gate implements WatermarkOutput {

            private final WatermarkOutput output;

            Gate(WatermarkOutput output) {
                this.output = output;
            }

            @Override
            public void emitWatermark(Watermark watermark) {
                long time = settled(watermark.getTimestamp());
                highest = Math.max(highest, time);
                output.emitWatermark(new Watermark(time));
            }

            @Override
            public void markIdle() {
                if (!idle) {
                    idle = true;
                    awake--;
                }
                output.markIdle();
            }

            @Override
            public void markActive() {
                output.markActive();
            }
        }
    }
}
