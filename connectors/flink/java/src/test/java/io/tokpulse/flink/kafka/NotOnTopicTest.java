package io.tokpulse.flink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.Test;

/** Rows of which one column is the headers, when the topic has a record called b. */
class NotOnTopicTest {

    private final NotOnTopic filter = new NotOnTopic(new TopicNames(new Properties(), "t", "alert"), 1);

    @Test
    void whatTheTopicHasIsLeftOut() {
        filter.open(Set.of(ByteBuffer.wrap("b".getBytes(UTF_8))));
        assertTrue(filter.filter(row(Map.of("alert", "a"))));
        assertFalse(filter.filter(row(Map.of("alert", "b"))));
        Map<String, String> two = new LinkedHashMap<>();
        two.put("other", "b");
        two.put("alert", "c");
        assertTrue(filter.filter(row(two)));
    }

    @Test
    void aRowWithoutANameIsAnError() {
        filter.open(Set.of());
        assertThrows(IllegalStateException.class, () -> filter.filter(row(Map.of("other", "a"))));
    }

    private static RowData row(Map<String, String> headers) {
        Map<StringData, byte[]> bytes = new LinkedHashMap<>();
        headers.forEach((name, value) -> bytes.put(StringData.fromString(name), value.getBytes(UTF_8)));
        return GenericRowData.of(1L, new GenericMapData(bytes));
    }
}
