package io.tokpulse.flink.clickhouse;

import java.time.Duration;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.types.logical.RowType;

/** Makes {@code 'connector' = 'clickhouse'} known to Flink and reads its options. Opens no connection. */
public final class ClickHouseSinkFactory implements DynamicTableSinkFactory {

    @Override
    public String factoryIdentifier() {
        return ClickHouseSinkOptions.IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(ClickHouseSinkOptions.TABLE);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(ClickHouseSinkOptions.BATCH_SIZE, ClickHouseSinkOptions.BATCH_AGE, FactoryUtil.SINK_PARALLELISM);
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        FactoryUtil.TableFactoryHelper helper = FactoryUtil.createTableFactoryHelper(this, context);
        helper.validate();
        ReadableConfig options = helper.getOptions();
        long size = options.get(ClickHouseSinkOptions.BATCH_SIZE).getBytes();
        Duration age = options.get(ClickHouseSinkOptions.BATCH_AGE);
        if (size < 1 || size > RowBinaryBuffer.MAX_BYTES) {
            throw new ValidationException("'batch.size' must be between 1 byte and " + RowBinaryBuffer.MAX_BYTES + " bytes");
        }
        if (age.toMillis() < 1) {
            throw new ValidationException("'batch.age' must be at least 1 ms");
        }
        return new ClickHouseTableSink(
                new ClickHouseSink(
                        options.get(ClickHouseSinkOptions.TABLE),
                        (RowType) context.getPhysicalRowDataType().getLogicalType(),
                        (int) size,
                        age.toMillis()),
                options.getOptional(FactoryUtil.SINK_PARALLELISM).orElse(null));
    }
}
