package io.tokpulse.flink.watermark;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplitState;

/** One partition as its task sees it: how far it is emitted, its own watermark, how long it has been silent. */
final class Partition<T> extends KafkaPartitionSplitState implements WatermarkOutput {

    private WatermarkGenerator<T> generator;
    private long watermark;
    private long passed;
    private long offsetOfLastLook;
    private long activeAt;
    private boolean looked;
    private boolean silent;
    private boolean idle;
    private boolean asked;
    private long watermarkWhenAsked = Long.MIN_VALUE;

    Partition(KafkaPartitionSplit split) {
        super(split);
        watermark = PartitionSplit.watermarkOf(split);
        silent = PartitionSplit.wasSilent(split);
        passed = split.getStartingOffset();
        offsetOfLastLook = split.getStartingOffset();
    }

    void generator(WatermarkGenerator<T> ofPartition) {
        generator = ofPartition;
    }

    void read(T event, long eventTimestamp) {
        generator.onEvent(event, eventTimestamp, this);
    }

    /** All that was before `position` has been emitted, if it was anything for a reader: not so the marks of transactions. */
    void pass(long position) {
        passed = Math.max(passed, position);
    }

    /** Asks the generator for the watermark, and sees whether anything has come since the last look. */
    void look(long now, long idleMillis) {
        if (!looked) {
            looked = true;
            // After a restart no second timeout passes before its log is asked for.
            activeAt = silent ? now - idleMillis : now;
        }
        if (getCurrentOffset() != offsetOfLastLook) {
            offsetOfLastLook = getCurrentOffset();
            activeAt = now;
            idle = false;
        }
        silent = idleMillis > 0 && now - activeAt >= idleMillis;
        idle &= silent;
        generator.onPeriodicEmit(this);
    }

    /** The log's end is about to be asked for, if the partition is silent. What is emitted from now on may lie behind that end. */
    void ask() {
        asked = silent;
        watermarkWhenAsked = watermark;
    }

    /** `end`: where the log ended, null if nobody knows. */
    void answer(Long end) {
        idle = asked && silent && end != null && Math.max(passed, getCurrentOffset()) >= end;
        asked = false;
    }

    boolean asked() {
        return asked;
    }

    boolean idle() {
        return idle;
    }

    /** Nothing has come for the timeout; but records may wait. */
    boolean silent() {
        return silent;
    }

    long watermark() {
        return watermark;
    }

    long watermarkWhenAsked() {
        return watermarkWhenAsked;
    }

    @Override
    public void emitWatermark(Watermark next) {
        watermark = Math.max(watermark, next.getTimestamp());
    }

    /** Idleness by a clock alone is what this replaces. */
    @Override
    public void markIdle() {}

    @Override
    public void markActive() {}
}
