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
 * new watermark at once, and an operator behind an exchange takes it for everybody's: channels that are still marked idle do not count.
 * What the other tasks then send of the time before, be it records they have just read, or results that a window had collected long ago, is
 * behind that watermark and dropped. Here the task first says that it is awake, by a watermark one millisecond further, and moves on
 * after the settle time; by then the word has passed through the whole job, and the other tasks have had time to wake.
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

    SettlingWatermarks(WatermarkStrategy<T> strategy, Duration settleTime) {
        this.strategy = strategy;
        this.settleMillis = settleTime.toMillis();
    }

    @Override
    public WatermarkGenerator<T> createWatermarkGenerator(WatermarkGeneratorSupplier.Context context) {
        awake++;
        return new Generator(strategy.createWatermarkGenerator(context), context.getInputActivityClock());
    }

    @Override
    public TimestampAssigner<T> createTimestampAssigner(TimestampAssignerSupplier.Context context) {
        return strategy.createTimestampAssigner(context);
    }

    @Override
    public WatermarkAlignmentParams getAlignmentParameters() {
        return strategy.getAlignmentParameters();
    }

    private void wake(long now) {
        if (awake == 0) {
            settling = true;
            settledAt = now + settleMillis;
            ceiling = highest + 1;
        }
        awake++;
    }

    private long settled(long watermark, long now) {
        settling = settling && now < settledAt;
        return settling ? Math.min(watermark, ceiling) : watermark;
    }

    private final class Generator implements WatermarkGenerator<T> {

        private final WatermarkGenerator<T> generator;
        private final RelativeClock clock;
        private boolean idle;
        private Gate ofEvents;
        private Gate ofPeriods;

        Generator(WatermarkGenerator<T> generator, RelativeClock clock) {
            this.generator = generator;
            this.clock = clock;
        }

        @Override
        public void onEvent(T event, long eventTimestamp, WatermarkOutput output) {
            if (idle) {
                idle = false;
                wake(clock.relativeTimeMillis());
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
                long time = settled(watermark.getTimestamp(), clock.relativeTimeMillis());
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
