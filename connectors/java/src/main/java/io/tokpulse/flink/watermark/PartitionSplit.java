package io.tokpulse.flink.watermark;

import java.util.Objects;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;

/** A partition in a checkpoint: Flink's split, the watermark that its records are held against, and whether it was idle. */
final class PartitionSplit extends KafkaPartitionSplit {

    private final long watermark;
    private final boolean idle;

    PartitionSplit(KafkaPartitionSplit split, long watermark, boolean idle) {
        super(split.getTopicPartition(), split.getStartingOffset(), split.getStoppingOffset().orElse(NO_STOPPING_OFFSET));
        this.watermark = watermark;
        this.idle = idle;
    }

    static long watermarkOf(KafkaPartitionSplit split) {
        return split instanceof PartitionSplit ours ? ours.watermark : Long.MIN_VALUE;
    }

    static boolean wasIdle(KafkaPartitionSplit split) {
        return split instanceof PartitionSplit ours && ours.idle;
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && other instanceof PartitionSplit that && watermark == that.watermark && idle == that.idle;
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), watermark, idle);
    }

    @Override
    public String toString() {
        return "%s, watermark %d%s".formatted(super.toString(), watermark, idle ? ", idle" : "");
    }
}
