package io.tokpulse.flink.clickhouse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RowEncoderTest {

    private static final TimestampData TIME = TimestampData.fromInstant(Instant.ofEpochMilli(0x0102030405L));
    private static final TimestampData BEFORE_1970 = TimestampData.fromInstant(Instant.ofEpochMilli(-1));
    private static final String TIME_HEX = "0504030201000000";

    static Stream<Arguments> values() {
        return Stream.of(
                arguments(DataTypes.STRING(), "String", StringData.fromString("é"), "02c3a9"),
                arguments(DataTypes.CHAR(2), "String", StringData.fromString("ab"), "026162"),
                arguments(DataTypes.VARCHAR(9), "LowCardinality(String)", StringData.fromString("ab"), "026162"),
                arguments(DataTypes.STRING(), "SimpleAggregateFunction(max, String)", StringData.fromString(""), "00"),
                arguments(DataTypes.BYTES(), "String", new byte[] {(byte) 0xff, 0}, "02ff00"),
                arguments(DataTypes.BINARY(1), "String", new byte[] {5}, "0105"),
                arguments(DataTypes.BOOLEAN(), "UInt8", true, "01"),
                arguments(DataTypes.BOOLEAN(), "Bool", false, "00"),
                arguments(DataTypes.TINYINT(), "Int8", (byte) -2, "fe"),
                arguments(DataTypes.TINYINT(), "UInt8", (byte) 2, "02"),
                arguments(DataTypes.TINYINT(), "Int32", (byte) -2, "feffffff"),
                arguments(DataTypes.SMALLINT(), "Int16", (short) -2, "feff"),
                arguments(DataTypes.SMALLINT(), "UInt64", (short) 258, "0201000000000000"),
                arguments(DataTypes.INT(), "UInt32", 0x01020304, "04030201"),
                arguments(DataTypes.INT(), "Int64", -2, "feffffffffffffff"),
                arguments(DataTypes.BIGINT(), "UInt64", 1L << 53 | 1, "0100000000002000"),
                arguments(DataTypes.BIGINT(), "Int64", Long.MIN_VALUE, "0000000000000080"),
                arguments(DataTypes.BIGINT(), "SimpleAggregateFunction(max, UInt64)", 7L, "0700000000000000"),
                arguments(DataTypes.FLOAT(), "Float32", 1.5f, "0000c03f"),
                arguments(DataTypes.FLOAT(), "Float64", 1.5f, "000000000000f83f"),
                arguments(DataTypes.DOUBLE(), "Float64", -0.0, "0000000000000080"),
                arguments(DataTypes.DOUBLE(), "Float64", Double.NaN, "000000000000f87f"),
                arguments(DataTypes.TIMESTAMP(3), "DateTime64(3, 'UTC')", TIME, TIME_HEX),
                arguments(DataTypes.TIMESTAMP_LTZ(3), "DateTime64(3, 'UTC')", TIME, TIME_HEX),
                arguments(DataTypes.TIMESTAMP_LTZ(0), "DateTime64(3)", BEFORE_1970, "ffffffffffffffff"),
                arguments(DataTypes.TIMESTAMP(3), "SimpleAggregateFunction(min, DateTime64(3, 'UTC'))", TIME, TIME_HEX),
                arguments(
                        DataTypes.ARRAY(DataTypes.TIMESTAMP_LTZ(3).notNull()),
                        "Array(DateTime64(3))",
                        new GenericArrayData(new Object[] {TIME, BEFORE_1970}),
                        "02" + TIME_HEX + "ffffffffffffffff"),
                arguments(
                        DataTypes.ARRAY(DataTypes.STRING()),
                        "Array(Nullable(String))",
                        new GenericArrayData(new Object[] {null, StringData.fromString("a")}),
                        "02" + "01" + "000161"),
                arguments(
                        DataTypes.ARRAY(DataTypes.ARRAY(DataTypes.TINYINT())),
                        "Array(Array(UInt8))",
                        new GenericArrayData(
                                new Object[] {new GenericArrayData(new Object[] {(byte) 1, null}), new GenericArrayData(new byte[0])}),
                        "02" + "020100" + "00"));
    }

    @ParameterizedTest
    @MethodSource("values")
    void aValueIsWhatRowBinaryHasForItsType(DataType flink, String clickHouse, Object value, String bytes) throws Exception {
        assertEquals(bytes, encoded(flink, clickHouse, value));
        assertEquals(bytes, encoded(flink.notNull(), clickHouse, value));
    }

    static Stream<Arguments> absent() {
        return Stream.of(
                arguments(DataTypes.STRING(), "String", "00"),
                arguments(DataTypes.BYTES(), "String", "00"),
                arguments(DataTypes.BOOLEAN(), "UInt8", "00"),
                arguments(DataTypes.SMALLINT(), "UInt16", "0000"),
                arguments(DataTypes.BIGINT(), "SimpleAggregateFunction(max, UInt64)", "0000000000000000"),
                arguments(DataTypes.FLOAT(), "Float32", "00000000"),
                arguments(DataTypes.TIMESTAMP(3), "DateTime64(3, 'UTC')", "0000000000000000"),
                arguments(DataTypes.ARRAY(DataTypes.BIGINT()), "Array(UInt64)", "00"),
                arguments(DataTypes.STRING(), "Nullable(String)", "01"),
                arguments(DataTypes.STRING(), "LowCardinality(Nullable(String))", "01"),
                arguments(DataTypes.BIGINT(), "Nullable(UInt64)", "01"),
                arguments(DataTypes.TIMESTAMP_LTZ(3), "SimpleAggregateFunction(max, Nullable(DateTime64(3, 'UTC')))", "01"));
    }

    @ParameterizedTest
    @MethodSource("absent")
    void nullIsNullOrTheDefault(DataType flink, String clickHouse, String bytes) throws Exception {
        assertEquals(bytes, encoded(flink, clickHouse, null));
    }

    @Test
    void whatIsNotNullInANullableColumnHasAZeroBefore() throws Exception {
        assertEquals("00" + "0700000000000000", encoded(DataTypes.BIGINT(), "Nullable(UInt64)", 7L));
        assertEquals("00" + "0161", encoded(DataTypes.STRING().notNull(), "Nullable(String)", StringData.fromString("a")));
    }

    static Stream<Arguments> misfits() {
        return Stream.of(
                arguments(DataTypes.BIGINT(), "UInt32"),
                arguments(DataTypes.INT(), "Int16"),
                arguments(DataTypes.BIGINT(), "Float64"),
                arguments(DataTypes.BIGINT(), "String"),
                arguments(DataTypes.STRING(), "UInt64"),
                arguments(DataTypes.STRING(), "Enum8('a' = 1)"),
                arguments(DataTypes.BYTES(), "FixedString(3)"),
                arguments(DataTypes.DOUBLE(), "Float32"),
                arguments(DataTypes.DECIMAL(20, 0), "UInt64"),
                arguments(DataTypes.TIMESTAMP(6), "DateTime64(6, 'UTC')"),
                arguments(DataTypes.TIMESTAMP(3), "DateTime64(6, 'UTC')"),
                arguments(DataTypes.TIMESTAMP(3), "DateTime"),
                arguments(DataTypes.ARRAY(DataTypes.BIGINT()), "Array(String)"),
                arguments(DataTypes.ARRAY(DataTypes.BIGINT()), "UInt64"),
                arguments(DataTypes.BIGINT(), "Array(UInt64)"),
                arguments(DataTypes.BIGINT(), "AggregateFunction(max, UInt64)"),
                arguments(DataTypes.ROW(DataTypes.FIELD("a", DataTypes.INT())), "Tuple(a Int32)"));
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void aPairThatCannotBeWrittenIsNamed(DataType flink, String clickHouse) {
        var error = assertThrows(ClickHouseSchemaException.class, () -> encoded(flink, clickHouse, null));
        assertEquals(
                "ClickHouse table posts: column c is " + flink.getLogicalType() + " in Flink and " + clickHouse + " in ClickHouse",
                error.getMessage());
    }

    @Test
    void columnsGoByNameAndTheHeaderSaysSo() throws Exception {
        RowType columns = row(DataTypes.FIELD("b", DataTypes.INT()), DataTypes.FIELD("a", DataTypes.STRING()));
        Map<String, String> types = new LinkedHashMap<>();
        types.put("a", "LowCardinality(String)");
        types.put("more", "String");
        types.put("b", "Int32");
        RowEncoder encoder = RowEncoder.of("posts", columns, new TableColumns(types));
        RowBinaryBuffer buffer = new RowBinaryBuffer();
        encoder.begin(buffer);
        encoder.encode(GenericRowData.of(1, StringData.fromString("x")), buffer);
        RowBinaryBuffer expected = new RowBinaryBuffer();
        expected.writeLength(2);
        for (String text : new String[] {"b", "a", "Int32", "LowCardinality(String)"}) {
            expected.writeString(text);
        }
        expected.writeInt(1);
        expected.writeString("x");
        assertEquals(hex(expected), hex(buffer));
    }

    @Test
    void aColumnThatTheTableLacksIsNamed() {
        RowType columns = row(DataTypes.FIELD("plays", DataTypes.BIGINT()));
        var error = assertThrows(
                ClickHouseSchemaException.class, () -> RowEncoder.of("posts", columns, new TableColumns(Map.of("play_count", "UInt64"))));
        assertEquals("ClickHouse table posts: it has no column plays, which is BIGINT in Flink", error.getMessage());
    }

    private static String encoded(DataType flink, String clickHouse, Object value) throws ClickHouseSchemaException {
        RowType columns = row(DataTypes.FIELD("c", flink));
        RowBinaryBuffer buffer = new RowBinaryBuffer();
        RowEncoder.of("posts", columns, new TableColumns(Map.of("c", clickHouse))).encode(GenericRowData.of(value), buffer);
        return hex(buffer);
    }

    private static RowType row(DataTypes.Field... fields) {
        return (RowType) DataTypes.ROW(fields).getLogicalType();
    }

    private static String hex(RowBinaryBuffer buffer) {
        return HexFormat.of().formatHex(buffer.toBytes());
    }
}
