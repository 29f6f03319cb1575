package io.tokpulse.flink.watermark;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;

/** Where the logs of partitions end, as the broker says when it is asked. */
interface LogEnds extends AutoCloseable {

    /** The offsets after the last records, at a time later than this call; a partition whose end is unknown is missing. */
    CompletableFuture<Map<TopicPartition, Long>> ask(Collection<TopicPartition> partitions);

    @Override
    default void close() {}
}
