package io.tokpulse.flink.watermark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplitSerializer;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Flink's bytes of a split, then the watermark and whether it had been silent. It reads the splits of Flink's own Kafka source, and that reads
 * these: it knows one version and stops before what follows.
 */
final class PartitionSplitSerializer implements SimpleVersionedSerializer<KafkaPartitionSplit> {

    /** Far from Flink's own versions, which begin with 0. */
    static final int VERSION = 1001;

    private static final int TAIL = Long.BYTES + 1;

    private final KafkaPartitionSplitSerializer plain = new KafkaPartitionSplitSerializer();

    @Override
    public int getVersion() {
        return VERSION;
    }

    @Override
    public byte[] serialize(KafkaPartitionSplit split) throws IOException {
        byte[] theirs = plain.serialize(split);
        return ByteBuffer.allocate(theirs.length + TAIL)
                .put(theirs)
                .putLong(PartitionSplit.watermarkOf(split))
                .put((byte) (PartitionSplit.wasSilent(split) ? 1 : 0))
                .array();
    }

    @Override
    public KafkaPartitionSplit deserialize(int version, byte[] serialized) throws IOException {
        if (version != VERSION) {
            return plain.deserialize(version, serialized);
        }
        int length = serialized.length - TAIL;
        KafkaPartitionSplit split = plain.deserialize(plain.getVersion(), Arrays.copyOf(serialized, length));
        ByteBuffer tail = ByteBuffer.wrap(serialized, length, TAIL);
        return new PartitionSplit(split, tail.getLong(), tail.get() == 1);
    }
}
