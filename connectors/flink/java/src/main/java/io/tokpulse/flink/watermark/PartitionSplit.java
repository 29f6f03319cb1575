package io.tokpulse.flink.watermark;

import java.util.Objects;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;

/** A partition in a checkpoint: Flink's split, the watermark that its records are held against, and whether it had been silent. */
final class PartitionSplit extends KafkaPartitionSplit {

    private final long watermark;
    private final boolean silent;

    PartitionSplit(KafkaPartitionSplit split, long watermark, boolean silent) {
        super(split.getTopicPartition(), split.getStartingOffset(), split.getStoppingOffset().orElse(NO_STOPPING_OFFSET));
        this.watermark = watermark;
        this.silent = silent;
    }

    static long watermarkOf(KafkaPartitionSplit split) {
        return split instanceof PartitionSplit ours ? ours.watermark : Long.MIN_VALUE;
    }

    static boolean wasSilent(KafkaPartitionSplit split) {
        return split instanceof PartitionSplit ours && ours.silent;
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && other instanceof PartitionSplit that && watermark == that.watermark && silent == that.silent;
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), watermark, silent);
    }

    @Override
    public String toString() {
        return "%s, watermark %d%s".formatted(super.toString(), watermark, silent ? ", silent" : "");
    }
}
