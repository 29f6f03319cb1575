package io.tokpulse.flink.watermark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;

/**
 * The watermark of one source task, made of those of its partitions. All methods but the gauges' are called by the task's thread.
 *
 * <p>A partition is idle if nothing came for the timeout and all of its log has been emitted. What a clock says is not enough: a task that
 * is slow, held back, or was stopped is silent too, with records waiting. So the broker is asked where the logs of silent partitions end,
 * and the watermark moves past an idle partition only as far as the others' watermarks were when the question was asked. Records that
 * moved them were in their logs by then, and all that was in the idle partition's log by then has been emitted: nothing that waits
 * can be overtaken, however long anything takes. Without an answer no partition is idle.
 *
 * <p>A silence of the whole topic makes every channel of a job idle. Without more, the first task to read a record would send its new
 * watermark at once, and each operator behind an exchange would take it for everybody's: channels that are still marked idle do not
 * count. So a task that was wholly idle first says that it is awake, and its watermark stands still for the settle time, one
 * millisecond further: by then no channel inside of the job is idle any more. Of several tasks that wake, those count whose own
 * watermark had been the furthest, or has got there: Flink holds a channel that is behind what it has already sent on for late, not
 * for slow.
 */
final class TaskWatermarks<T> {

    /** Between two questions while an answer may move the watermark or end a wait, and while it only confirms. */
    private static final long ASK_AGAIN_MILLIS = 200;
    private static final long CONFIRM_MILLIS = 1_000;
    /** A task that stood still for longer was not there to read: the rest does not count as time that others had to wake, or splits to come. */
    private static final long LONGEST_STEP_MILLIS = 1_000;
    /** A process that stood still for longer has records for tasks that were idle when it stopped: none goes on before all have woken. */
    private static final long STOP_MILLIS = 10_000;

    private final Patience patience;
    private final LogEnds ends;
    private final LongSupplier clock;
    private final Map<TopicPartition, Partition<T>> partitions = new LinkedHashMap<>();

    private Supplier<WatermarkGenerator<T>> generators;
    private WatermarkOutput output;
    private Partition<T> reading;

    private long watermark = Long.MIN_VALUE;
    private CompletableFuture<Map<TopicPartition, Long>> question;
    private long now;
    private long askedAt;
    private long running;
    private long withoutSplits;
    private boolean idle;
    private boolean settling;
    private long settledAt;
    private long ceiling;

    private volatile int drained;
    private volatile int lagging;

    TaskWatermarks(Patience patience, LogEnds ends, LongSupplier clock) {
        this.patience = patience;
        this.ends = ends;
        this.clock = clock;
        now = clock.getAsLong();
        askedAt = now - CONFIRM_MILLIS;
    }

    /** What Flink takes for a generator: one for the task and one for each partition, of which the first keeps time for all. */
    WatermarkGenerator<T> generator(Supplier<WatermarkGenerator<T>> ofPartition) {
        boolean first = generators == null;
        if (first) {
            generators = ofPartition;
        }
        return new Generator(first);
    }

    /** The task's output is there. A watermark of before a restart goes out ahead of all records; a batch job has no generators. */
    void open(WatermarkOutput ofTask) {
        output = ofTask;
        now = clock.getAsLong();
        if (generators != null) {
            partitions.values().forEach(partition -> partition.generator(generators.get()));
            tick();
        }
    }

    Partition<T> add(KafkaPartitionSplit split) {
        Partition<T> partition = new Partition<>(split);
        partitions.put(split.getTopicPartition(), partition);
        if (generators != null) {
            partition.generator(generators.get());
        }
        return partition;
    }

    void remove(TopicPartition partition) {
        partitions.remove(partition);
    }

    /** The events that follow are this partition's. */
    void reading(Partition<T> partition) {
        reading = partition;
    }

    /** All before `position` has been emitted. */
    void passed(TopicPartition partition, long position) {
        Partition<T> known = partitions.get(partition);
        if (known != null) {
            known.pass(position);
        }
    }

    /** For a checkpoint. What the task has sent counts for each of its partitions, wherever they are after a restart. */
    KafkaPartitionSplit split(Partition<T> partition) {
        return new PartitionSplit(partition.toKafkaPartitionSplit(), Math.max(partition.watermark(), watermark), partition.silent());
    }

    int drained() {
        return drained;
    }

    int lagging() {
        return lagging;
    }

    void tick() {
        if (output == null) {
            return;
        }
        long last = now;
        now = clock.getAsLong();
        running += Math.min(now - last, LONGEST_STEP_MILLIS);
        for (Partition<T> partition : partitions.values()) {
            partition.look(now, patience.idleMillis());
        }
        boolean answered = question != null && question.isDone();
        if (answered) {
            answer();
        }
        boolean wasIdle = idle;
        idle = allIdle();
        if (wasIdle && !idle) {
            output.markActive();
            settle();
        } else if (patience.everIdle() && now - last >= STOP_MILLIS && !settling) {
            settle();
        }
        // If nobody is idle, no question is needed.
        send(lowest());
        if (answered) {
            send(passing());
        }
        if (idle && !wasIdle) {
            output.markIdle();
        }
        if (patience.everIdle()) {
            ask();
            count();
        }
    }

    private void answer() {
        Map<TopicPartition, Long> found = question.isCompletedExceptionally() ? Map.of() : question.join();
        question = null;
        partitions.forEach((partition, state) -> state.answer(found.get(partition)));
    }

    private void ask() {
        long since = now - askedAt;
        if (question != null || since < ASK_AGAIN_MILLIS || since < CONFIRM_MILLIS && !worthAsking()) {
            return;
        }
        List<TopicPartition> silent = new ArrayList<>();
        partitions.forEach((partition, state) -> {
            state.ask();
            if (state.asked()) {
                silent.add(partition);
            }
        });
        if (!silent.isEmpty()) {
            askedAt = now;
            question = ends.ask(silent);
        }
    }

    private boolean worthAsking() {
        long next = Long.MAX_VALUE;
        for (Partition<T> partition : partitions.values()) {
            if (partition.silent() && !partition.idle()) {
                return true;
            }
            if (!partition.idle()) {
                next = Math.min(next, partition.watermark());
            }
        }
        return next < Long.MAX_VALUE && next > watermark;
    }

    /** A task that has had no partition for the timeout waits for none. */
    private boolean allIdle() {
        if (partitions.isEmpty()) {
            return patience.everIdle() && running - withoutSplits >= patience.idleMillis();
        }
        withoutSplits = running;
        for (Partition<T> partition : partitions.values()) {
            if (!partition.idle()) {
                return false;
            }
        }
        return true;
    }

    private long lowest() {
        long lowest = partitions.isEmpty() ? Long.MIN_VALUE : Long.MAX_VALUE;
        for (Partition<T> partition : partitions.values()) {
            lowest = Math.min(lowest, partition.watermark());
        }
        return lowest;
    }

    /** The watermark that passes idle partitions; as in Flink, the furthest of all if all are idle. */
    private long passing() {
        long lowest = Long.MAX_VALUE;
        long highest = Long.MIN_VALUE;
        for (Partition<T> partition : partitions.values()) {
            if (!partition.idle()) {
                lowest = Math.min(lowest, partition.watermarkWhenAsked());
            }
            highest = Math.max(highest, partition.watermarkWhenAsked());
        }
        return idle ? highest : lowest;
    }

    private void settle() {
        settling = true;
        settledAt = running + patience.settleMillis();
        // Where nothing was ever sent it is the epoch, older than any record.
        ceiling = Math.max(watermark, 0) + 1;
    }

    private void send(long next) {
        settling = settling && running < settledAt;
        long settled = settling ? Math.min(next, ceiling) : next;
        if (settled > watermark) {
            watermark = settled;
            output.emitWatermark(new Watermark(settled));
        }
    }

    private void count() {
        int idlePartitions = 0;
        int silentPartitions = 0;
        for (Partition<T> partition : partitions.values()) {
            idlePartitions += partition.idle() ? 1 : 0;
            silentPartitions += partition.silent() ? 1 : 0;
        }
        drained = idlePartitions;
        lagging = silentPartitions - idlePartitions;
    }

    private final class Generator implements WatermarkGenerator<T> {

        private final boolean keepsTime;

        Generator(boolean keepsTime) {
            this.keepsTime = keepsTime;
        }

        @Override
        public void onEvent(T event, long eventTimestamp, WatermarkOutput ofPartition) {
            reading.read(event, eventTimestamp);
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput ofPartition) {
            if (keepsTime) {
                tick();
            }
        }
    }
}
