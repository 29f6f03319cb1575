package io.tokpulse.flink.clickhouse;

import java.io.IOException;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** The sink as the job graph carries it: names and types, no address and no secret. */
final class ClickHouseSink implements Sink<RowData> {

    private static final long serialVersionUID = 1L;

    private final String table;
    private final RowType columns;
    private final int batchBytes;
    private final long batchAgeMillis;

    ClickHouseSink(String table, RowType columns, int batchBytes, long batchAgeMillis) {
        this.table = table;
        this.columns = columns;
        this.batchBytes = batchBytes;
        this.batchAgeMillis = batchAgeMillis;
    }

    /**
     * Asks ClickHouse for the table's columns. Raises {@link ClickHouseException} when it does not answer for as long as {@link Retry}
     * tries, and {@link ClickHouseSchemaException} when a column cannot be written.
     */
    @Override
    public SinkWriter<RowData> createWriter(WriterInitContext context) throws IOException {
        ClickHouse clickHouse = ClickHouse.fromEnvironment();
        try {
            SinkMetrics metrics = new SinkMetrics(context.metricGroup(), table);
            Retry retry = new Retry();
            TableColumns found = retry.call(() -> TableColumns.of(clickHouse, table), metrics::again);
            RowEncoder encoder = RowEncoder.of(table, columns, found);
            BatchSender sender = new BatchSender(clickHouse, table, columns.getFieldNames(), retry, metrics);
            return new ClickHouseWriter(encoder, sender, context.getProcessingTimeService(), batchBytes, batchAgeMillis);
        } catch (InterruptedException e) {
            clickHouse.close();
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while ClickHouse was asked for the columns of " + table, e);
        } catch (IOException | RuntimeException e) {
            clickHouse.close();
            throw e;
        }
    }

    @Override
    public String toString() {
        return "ClickHouse table " + table;
    }
}
