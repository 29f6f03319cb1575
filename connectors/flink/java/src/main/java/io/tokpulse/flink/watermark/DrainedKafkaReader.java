package io.tokpulse.flink.watermark;

import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.synchronization.FutureCompletingBlockingQueue;
import org.apache.flink.connector.kafka.source.metrics.KafkaSourceReaderMetrics;
import org.apache.flink.connector.kafka.source.reader.KafkaSourceReader;
import org.apache.flink.connector.kafka.source.reader.fetcher.KafkaSourceFetcherManager;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplitState;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;

/** Flink's reader, which tells the task's watermarks of its partitions and writes them into their state. */
final class DrainedKafkaReader<T> extends KafkaSourceReader<T> {

    private final TaskWatermarks<T> watermarks;
    private final LogEnds ends;
    private boolean opened;

    DrainedKafkaReader(
            Supplier<SplitReader<ConsumerRecord<byte[], byte[]>, KafkaPartitionSplit>> splitReaders,
            DrainedRecordEmitter<T> emitter,
            Properties properties,
            SourceReaderContext context,
            KafkaSourceReaderMetrics metrics,
            TaskWatermarks<T> watermarks,
            LogEnds ends) {
        this(new FutureCompletingBlockingQueue<>(), splitReaders, emitter, properties, context, metrics, watermarks, ends);
    }

    private DrainedKafkaReader(
            FutureCompletingBlockingQueue<RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>>> queue,
            Supplier<SplitReader<ConsumerRecord<byte[], byte[]>, KafkaPartitionSplit>> splitReaders,
            DrainedRecordEmitter<T> emitter,
            Properties properties,
            SourceReaderContext context,
            KafkaSourceReaderMetrics metrics,
            TaskWatermarks<T> watermarks,
            LogEnds ends) {
        super(
                queue,
                new KafkaSourceFetcherManager(queue, splitReaders, finished -> {}),
                emitter,
                configuration(properties),
                context,
                metrics);
        this.watermarks = watermarks;
        this.ends = ends;
        context.metricGroup().gauge("drained_partitions", watermarks::drained);
        context.metricGroup().gauge("lagging_partitions", watermarks::lagging);
    }

    @Override
    public InputStatus pollNext(ReaderOutput<T> output) throws Exception {
        if (!opened) {
            opened = true;
            watermarks.open(output);
        }
        return super.pollNext(output);
    }

    @Override
    protected KafkaPartitionSplitState initializedState(KafkaPartitionSplit split) {
        return watermarks.add(split);
    }

    @Override
    @SuppressWarnings("unchecked")
    protected KafkaPartitionSplit toSplitType(String splitId, KafkaPartitionSplitState state) {
        return watermarks.split((Partition<T>) state);
    }

    @Override
    protected void onSplitFinished(Map<String, KafkaPartitionSplitState> finished) {
        finished.values().forEach(state -> watermarks.remove(state.getTopicPartition()));
        super.onSplitFinished(finished);
    }

    @Override
    public void close() throws Exception {
        try {
            super.close();
        } finally {
            ends.close();
        }
    }

    private static Configuration configuration(Properties properties) {
        Configuration configuration = new Configuration();
        properties.stringPropertyNames().forEach(name -> configuration.setString(name, properties.getProperty(name)));
        return configuration;
    }
}
