package io.tokpulse.flink.clickhouse;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * The columns of a ClickHouse table that can be written.
 *
 * @param types declared type by name, in order
 */
record TableColumns(Map<String, String> types) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** As ClickHouse has them now; computed columns are left out. */
    static TableColumns of(ClickHouse clickHouse, String table) throws ClickHouseException {
        Map<String, String> types = new LinkedHashMap<>();
        for (String line : clickHouse.lines("DESCRIBE TABLE " + ClickHouse.quoted(table) + " FORMAT JSONEachRow")) {
            JsonNode column = parsed(line);
            String computed = column.path("default_type").asText();
            if (!computed.equals("MATERIALIZED") && !computed.equals("ALIAS")) {
                types.put(column.path("name").asText(), column.path("type").asText());
            }
        }
        return new TableColumns(types);
    }

    private static JsonNode parsed(String line) throws ClickHouseException {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw ClickHouseException.permanent("ClickHouse does not describe a column in JSON, but as " + line);
        }
    }
}
