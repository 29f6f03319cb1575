package io.tokpulse.flink.watermark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.clock.RelativeClock;
import org.junit.jupiter.api.Test;

class SettlingWatermarksTest {

    private static final long IDLE = 30_000;
    /** Flink counts idle time in ticks, from the one after the last record's. */
    private static final long SILENCE = IDLE + 1_000;
    private static final long SETTLE = 1_000;
    private static final long TICK = 100;

    private final Task task = new Task(Duration.ofMillis(SETTLE));

    @Test
    void withoutSilenceNothingIsHeldBack() {
        Partition partition = task.partition();
        partition.read(10_000);
        task.pass(TICK);
        partition.read(20_000);
        task.pass(TICK);
        assertEquals(List.of("9999", "19999"), partition.said());
    }

    @Test
    void afterSilenceTheTaskSaysThatItIsAwakeAndMovesOnWhenSettled() {
        Partition partition = task.partition();
        partition.read(10_000);
        task.pass(SILENCE);
        partition.read(90_000);
        task.pass(TICK);
        assertEquals(List.of("9999", "idle", "10000"), partition.said());
        task.pass(SETTLE - TICK);
        assertEquals(List.of("9999", "idle", "10000", "89999"), partition.said());
    }

    @Test
    void aTaskThatWasIdleFromTheStartSaysSoWithTheEpoch() {
        Partition partition = task.partition();
        task.pass(SILENCE);
        partition.read(90_000);
        task.pass(SETTLE + TICK);
        assertEquals(List.of("idle", "1", "89999"), partition.said());
    }

    @Test
    void onlyATaskThatWasWhollyIdleSettles() {
        Partition quiet = task.partition();
        Partition busy = task.partition();
        quiet.read(10_000);
        for (long time = 10_000; time < 10_000 + 2 * IDLE; time += TICK) {
            busy.read(time);
            task.pass(TICK);
        }
        quiet.read(90_000);
        task.pass(TICK);
        assertEquals(List.of("9999", "idle", "89999"), quiet.said());
    }

    @Test
    void everyPartitionStandsStillWhileTheTaskSettles() {
        Partition one = task.partition();
        Partition other = task.partition();
        one.read(50_000);
        other.read(10_000);
        task.pass(SILENCE);
        one.read(90_000);
        task.pass(SETTLE / 2);
        other.read(91_000);
        task.pass(TICK);
        assertEquals(List.of("49999", "idle", "50000"), one.said());
        // One millisecond past the highest that the task has said, whichever partition it was.
        assertEquals(List.of("9999", "idle", "50000"), other.said());
        task.pass(SETTLE / 2);
        assertEquals("89999", one.said().get(3));
        assertEquals("90999", other.said().get(3));
    }

    @Test
    void eachSilenceIsSettledAnew() {
        Partition partition = task.partition();
        for (long time : new long[] {10_000, 60_000, 120_000}) {
            partition.read(time);
            task.pass(SETTLE + SILENCE);
        }
        assertEquals(List.of("9999", "idle", "10000", "59999", "idle", "60000", "119999", "idle"), partition.said());
    }

    @Test
    void aRecordFromBeforeTheSilenceMovesNothing() {
        Partition partition = task.partition();
        partition.read(10_000);
        task.pass(SILENCE);
        partition.read(5_000);
        task.pass(SETTLE + TICK);
        assertEquals(List.of("9999", "idle"), partition.said());
    }

    @Test
    void noSettleTimeIsFlinksOwnBehaviour() {
        Task plain = new Task(Duration.ZERO);
        Partition partition = plain.partition();
        partition.read(10_000);
        plain.pass(SILENCE);
        partition.read(90_000);
        plain.pass(TICK);
        assertEquals(List.of("9999", "idle", "89999"), partition.said());
    }

    /** One source task with a clock that the test moves. */
    private static final class Task implements WatermarkGeneratorSupplier.Context, RelativeClock {

        private final SettlingWatermarks<Long> strategy;
        private final List<Partition> partitions = new ArrayList<>();
        private long now;

        Task(Duration settleTime) {
            WatermarkStrategy<Long> plain =
                    WatermarkStrategy.<Long>forMonotonousTimestamps().withIdleness(Duration.ofMillis(IDLE));
            strategy = new SettlingWatermarks<>(plain, settleTime);
        }

        Partition partition() {
            Partition partition = new Partition(strategy.createWatermarkGenerator(this));
            partitions.add(partition);
            return partition;
        }

        void pass(long millis) {
            for (long end = now + millis; now < end; ) {
                now += TICK;
                for (Partition partition : partitions) {
                    partition.generator.onPeriodicEmit(partition);
                }
            }
        }

        @Override
        public MetricGroup getMetricGroup() {
            return new UnregisteredMetricsGroup();
        }

        @Override
        public RelativeClock getInputActivityClock() {
            return this;
        }

        @Override
        public long relativeTimeMillis() {
            return now;
        }

        @Override
        public long relativeTimeNanos() {
            return now * 1_000_000;
        }
    }

    /** One partition, and what it has said so far; like Flink's output, it forgets a watermark that is no progress. */
    private static final class Partition implements WatermarkOutput {

        private final WatermarkGenerator<Long> generator;
        private final List<String> said = new ArrayList<>();
        private long highest = Long.MIN_VALUE;

        Partition(WatermarkGenerator<Long> generator) {
            this.generator = generator;
        }

        void read(long eventTime) {
            generator.onEvent(eventTime, eventTime, this);
        }

        List<String> said() {
            return said;
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            if (watermark.getTimestamp() > highest && watermark.getTimestamp() > Long.MIN_VALUE + 1_000) {
                highest = watermark.getTimestamp();
                said.add(Long.toString(highest));
            }
        }

        @Override
        public void markIdle() {
            said.add("idle");
        }

        @Override
        public void markActive() {
            said.add("active");
        }
    }
}
