package io.tokpulse.flink.clickhouse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColumnTypeTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "String | String | false",
                "LowCardinality(String) | String | false",
                "LowCardinality(Nullable(String)) | String | true",
                "Nullable(UInt64) | UInt64 | true",
                "DateTime64(3, 'UTC') | DateTime64(3, 'UTC') | false",
                "SimpleAggregateFunction(max, UInt64) | UInt64 | false",
                "SimpleAggregateFunction(max, Nullable(String)) | String | true",
                "SimpleAggregateFunction(anyLast, LowCardinality(Nullable(String))) | String | true",
                "SimpleAggregateFunction(min, DateTime64(3, 'UTC')) | DateTime64(3, 'UTC') | false",
                "Array(DateTime64(3)) | Array(DateTime64(3)) | false",
                "AggregateFunction(max, UInt64) | AggregateFunction(max, UInt64) | false",
            })
    void theTypeInside(String declared, String name, boolean nullable) {
        assertEquals(new ColumnType(name, nullable), ColumnType.of(declared));
    }

    @Test
    void elementsOfArrays() {
        assertEquals(new ColumnType("UInt64", true), ColumnType.of("Array(Nullable(UInt64))").element());
        assertEquals(new ColumnType("Array(LowCardinality(String))", false), ColumnType.of("Array(Array(LowCardinality(String)))").element());
        assertTrue(ColumnType.of("SimpleAggregateFunction(groupArrayArray, Array(String))").isArray());
        assertFalse(ColumnType.of("String").isArray());
    }
}
