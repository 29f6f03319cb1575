package io.tokpulse.flink.clickhouse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.factories.FactoryUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClickHouseSinkFactoryTest {

    @Test
    void aTableIsAllItNeeds() throws IOException {
        DynamicTableSink sink = sink(Map.of("table", "posts"));
        assertEquals("ClickHouse table posts", sink.asSummaryString());
        assertEquals(ChangelogMode.insertOnly(), sink.getChangelogMode(ChangelogMode.all()));
        SinkV2Provider provider = (SinkV2Provider) sink.getSinkRuntimeProvider(null);
        assertTrue(provider.getParallelism().isEmpty());
        new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(provider.createSink());
    }

    @Test
    void theParallelismCanBeSet() {
        SinkV2Provider provider =
                (SinkV2Provider) sink(Map.of("table", "posts", "sink.parallelism", "3")).copy().getSinkRuntimeProvider(null);
        assertEquals(3, provider.getParallelism().orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({"batch.size,0 b", "batch.size,2 gb", "batch.age,0 ms", "url,http://u:p@h", "sink.parallelism,many"})
    void optionsThatCannotBeAreRefused(String option, String value) {
        assertThrows(ValidationException.class, () -> sink(Map.of("table", "posts", option, value)));
    }

    @Test
    void theTableMustBeNamed() {
        assertThrows(ValidationException.class, () -> sink(Map.of()));
    }

    private static DynamicTableSink sink(Map<String, String> options) {
        Map<String, String> all = new HashMap<>(options);
        all.put("connector", "clickhouse");
        Schema schema = Schema.newBuilder().column("id", DataTypes.STRING()).build();
        CatalogTable table = CatalogTable.newBuilder().schema(schema).options(all).build();
        return FactoryUtil.createDynamicTableSink(
                null,
                ObjectIdentifier.of("c", "d", "t"),
                new ResolvedCatalogTable(table, ResolvedSchema.of(List.of(Column.physical("id", DataTypes.STRING())))),
                Map.of(),
                new Configuration(),
                ClickHouseSinkFactoryTest.class.getClassLoader(),
                true);
    }
}
