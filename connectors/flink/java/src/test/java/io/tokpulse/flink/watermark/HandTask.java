package io.tokpulse.flink.watermark;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.AscendingTimestampsWatermarks;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;

/** A source task with a clock, logs and a broker that the test moves by hand, and all that the task has said. */
final class HandTask implements WatermarkOutput, LogEnds {

    static final long IDLE = 30_000;
    static final long SETTLE = 2_000;
    static final long TICK = 100;

    final TaskWatermarks<Long> watermarks;
    private final List<String> said = new ArrayList<>();
    private final Map<TopicPartition, Log> logs = new LinkedHashMap<>();
    private final WatermarkGenerator<Long> time;
    private final WatermarkGenerator<Long> events;
    private CompletableFuture<Map<TopicPartition, Long>> unanswered;
    private long now = 1_000_000;
    private Collection<TopicPartition> asked;
    private boolean answers = true;
    private boolean unreachable;
    int questions;

    HandTask() {
        this(new Patience(IDLE, SETTLE));
    }

    HandTask(Patience patience, KafkaPartitionSplit... restored) {
        this(patience, true, restored);
    }

    HandTask(Patience patience, boolean reachable, KafkaPartitionSplit... restored) {
        unreachable = !reachable;
        watermarks = new TaskWatermarks<>(patience, this, () -> now);
        for (KafkaPartitionSplit split : restored) {
            add(split);
        }
        time = watermarks.generator(AscendingTimestampsWatermarks::new);
        events = watermarks.generator(AscendingTimestampsWatermarks::new);
        watermarks.open(this);
    }

    Log log() {
        return add(new KafkaPartitionSplit(new TopicPartition("topic", logs.size()), 0));
    }

    Log log(int number) {
        return logs.get(new TopicPartition("topic", number));
    }

    private Log add(KafkaPartitionSplit split) {
        Log log = new Log(watermarks.add(split));
        log.end = split.getStartingOffset();
        logs.put(split.getTopicPartition(), log);
        return log;
    }

    /** Time in which the task runs. */
    void pass(long millis) {
        for (long end = now + millis; now < end; ) {
            now += TICK;
            time.onPeriodicEmit(null);
            events.onPeriodicEmit(null);
        }
    }

    /** Time in which it does not. */
    void stop(long millis) {
        now += millis;
    }

    /** The broker is asked, but says nothing yet. */
    void brokerWaits() {
        answers = false;
    }

    /** What it says is of now, not of when it was asked. */
    void brokerAnswers() {
        answers = true;
        if (unanswered != null) {
            unanswered.complete(ends(asked));
            unanswered = null;
        }
    }

    void brokerFails() {
        answers = true;
        unreachable = true;
        if (unanswered != null) {
            unanswered.completeExceptionally(new IllegalStateException("unreachable"));
            unanswered = null;
        }
    }

    void brokerIsBack() {
        unreachable = false;
    }

    List<String> said() {
        return said;
    }

    String last() {
        return said.get(said.size() - 1);
    }

    @Override
    public CompletableFuture<Map<TopicPartition, Long>> ask(Collection<TopicPartition> partitions) {
        questions++;
        if (answers) {
            return CompletableFuture.completedFuture(unreachable ? Map.of() : ends(partitions));
        }
        asked = List.copyOf(partitions);
        unanswered = new CompletableFuture<>();
        return unanswered;
    }

    private Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> ends = new HashMap<>();
        partitions.forEach(partition -> ends.put(partition, logs.get(partition).end));
        return ends;
    }

    @Override
    public void emitWatermark(Watermark watermark) {
        said.add(Long.toString(watermark.getTimestamp()));
    }

    @Override
    public void markIdle() {
        said.add("idle");
    }

    @Override
    public void markActive() {
        said.add("active");
    }

    /** The log of one partition: what was written, and what the task has emitted of it. */
    final class Log {

        final Partition<Long> partition;
        private final List<Long> waiting = new ArrayList<>();
        long end;

        Log(Partition<Long> partition) {
            this.partition = partition;
        }

        void write(long... eventTimes) {
            for (long eventTime : eventTimes) {
                waiting.add(eventTime);
                end++;
            }
        }

        /** A mark of a transaction: an offset, and no record. */
        void mark() {
            end++;
        }

        void read() {
            for (long eventTime : waiting) {
                watermarks.reading(partition);
                events.onEvent(eventTime, eventTime, null);
                partition.setCurrentOffset(Math.max(partition.getCurrentOffset(), 0) + 1);
            }
            waiting.clear();
        }

        void read(long... eventTimes) {
            write(eventTimes);
            read();
        }

        /** The consumer has come to the end, and the task has emitted what was before. */
        void pass() {
            watermarks.passed(partition.getTopicPartition(), end);
        }

        KafkaPartitionSplit split() {
            return watermarks.split(partition);
        }
    }
}
