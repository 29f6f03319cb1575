package io.tokpulse.flink.avro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericData;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.Map;

class SchemaEvolutionTest {

    private static final DataTypes.Field ID = DataTypes.FIELD("id", DataTypes.STRING());
    private static final DataTypes.Field PLAYS = DataTypes.FIELD("plays", DataTypes.BIGINT());

    /** What the reader makes of one record of the writer. */
    private static RowData read(
            String readerFields, String writerFields, Map<String, ?> values, DataTypes.Field... columns) {
        String writer = Fixture.record(writerFields);
        GenericData.Record record = new GenericData.Record(Fixture.parse(writer));
        values.forEach(record::put);
        return Fixture.reading(Fixture.record(readerFields), columns).knowing(1, writer).read(Fixture.write(1, record));
    }

    @Test
    void fieldsAreMatchedByNameAndUnreadOnesOfAnyTypeSkipped() {
        String writer = "{'name':'e','type':{'type':'enum','name':'E','symbols':['A','B']}},"
                + "{'name':'m','type':{'type':'map','values':{'type':'array','items':'long'}}},"
                + "{'name':'plays','type':'long'},{'name':'f','type':{'type':'fixed','name':'F','size':3}},"
                + "{'name':'u','type':['null','float',{'type':'record','name':'T','fields':["
                + "{'name':'next','type':['null','T']},{'name':'x','type':'bytes'}]}]},{'name':'id','type':'string'}";
        Schema schema = Fixture.parse(Fixture.record(writer));
        Schema tree = schema.getField("u").schema().getTypes().get(2);
        GenericData.Record leaf = new GenericData.Record(tree);
        leaf.put("x", java.nio.ByteBuffer.wrap(new byte[] {1, 2}));
        GenericData.Record root = new GenericData.Record(tree);
        root.put("x", java.nio.ByteBuffer.wrap(new byte[0]));
        root.put("next", leaf);
        RowData row = read(
                "{'name':'id','type':'string'},{'name':'plays','type':'long'}",
                writer,
                Map.of(
                        "e", new GenericData.EnumSymbol(schema.getField("e").schema(), "B"),
                        "m", Map.of("k", List.of(1L, 2L), "l", List.of()),
                        "plays", 5L,
                        "f", new GenericData.Fixed(schema.getField("f").schema(), new byte[3]),
                        "u", root,
                        "id", "a"),
                ID,
                PLAYS);
        assertEquals(GenericRowData.of(row.getString(0), 5L, null, null), row);
        assertEquals("a", row.getString(0).toString());
    }

    @Test
    void whatTheWriterLacksHasItsDefault() {
        RowData row = read(
                "{'name':'id','type':'string'},{'name':'plays','type':'long','default':-7},"
                        + "{'name':'lang','type':'string','default':'en'},"
                        + "{'name':'region','type':['null','string'],'default':null},"
                        + "{'name':'s','type':{'type':'record','name':'S','fields':[{'name':'n','type':'double'}]},"
                        + "'default':{'n':1.5}}",
                "{'name':'id','type':'string'}",
                Map.of("id", "a"),
                PLAYS,
                DataTypes.FIELD("lang", DataTypes.STRING()),
                DataTypes.FIELD("region", DataTypes.STRING()),
                DataTypes.FIELD("s", DataTypes.ROW(DataTypes.FIELD("n", DataTypes.DOUBLE()))));
        assertEquals(-7L, row.getLong(0));
        assertEquals("en", row.getString(1).toString());
        assertTrue(row.isNullAt(2));
        assertEquals(1.5, row.getRow(3, 1).getDouble(0));
    }

    @ParameterizedTest
    @CsvSource({"int,long", "int,float", "int,double", "long,float", "long,double", "float,double"})
    void numbersArePromoted(String from, String to) {
        Map<String, Object> values = Map.of("int", 9, "long", 9L, "float", 9f);
        var columns = Map.of("long", DataTypes.BIGINT(), "float", DataTypes.FLOAT(), "double", DataTypes.DOUBLE());
        Map<String, Object> expected = Map.of("long", 9L, "float", 9f, "double", 9d);
        RowData row = read(
                "{'name':'x','type':'" + to + "'}",
                "{'name':'x','type':'" + from + "'}",
                Map.of("x", values.get(from)),
                DataTypes.FIELD("x", columns.get(to)));
        assertEquals(expected.get(to), ((GenericRowData) row).getField(0));
    }

    @Test
    void nullMayComeAndGo() {
        String plain = "{'name':'id','type':'string'}";
        String optional = "{'name':'id','type':['string','null']}";
        assertEquals("a", read(optional, plain, Map.of("id", "a"), ID).getString(0).toString());
        assertEquals("a", read(plain, optional, Map.of("id", "a"), ID).getString(0).toString());
        assertTrue(read(optional, optional, Map.of(), ID).isNullAt(1));
        assertEquals(
                "incompatible_schema: id is null, which the reader's schema does not allow",
                read(plain, optional, Map.of(), ID).getString(1).toString());
    }

    @Test
    void anAliasNamesTheWritersField() {
        RowData row = read(
                "{'name':'plays','type':'long','aliases':['views']}",
                "{'name':'views','type':'int'}",
                Map.of("views", 4),
                PLAYS);
        assertEquals(4L, row.getLong(0));
    }

    @Test
    void aSchemaThatDoesNotResolveMakesItsRecordsBad() {
        String reader = "{'name':'id','type':'string'},{'name':'plays','type':'long'}";
        RowData missing = read(reader, "{'name':'id','type':'string'}", Map.of("id", "a"), ID, PLAYS);
        assertEquals(
                "incompatible_schema: plays is missing in the writer's schema", missing.getString(2).toString());
        RowData narrowed = read(reader, "{'name':'plays','type':'double'}", Map.of("plays", 1d), PLAYS);
        assertEquals(
                "incompatible_schema: plays is written as double and cannot be read as long",
                narrowed.getString(1).toString());
    }

    @Test
    void aColumnThatTheSchemaCannotFillIsRefusedBeforeTheJobStarts() {
        String reader = Fixture.record("{'name':'id','type':'string'},{'name':'plays','type':'long'}");
        assertRefused("not a field of n.R", reader, DataTypes.FIELD("ID", DataTypes.STRING()));
        assertRefused("cannot show Avro long", reader, DataTypes.FIELD("plays", DataTypes.INT()));
        assertRefused("cannot show Avro long", reader, DataTypes.FIELD("plays", DataTypes.TIMESTAMP_LTZ(3)));
        assertRefused("NOT NULL", reader, DataTypes.FIELD("id", DataTypes.STRING().notNull()));
        RecordRules unknown = new RecordRules(java.util.Set.of("play"), null, 0, 0);
        ValidationException error = assertThrows(
                ValidationException.class, () -> Fixture.reading(reader, unknown, Fixture.NO_BRAKE, ID));
        assertTrue(error.getMessage().contains("[play]"), error.getMessage());
    }

    private static void assertRefused(String text, String reader, DataTypes.Field column) {
        ValidationException error =
                assertThrows(ValidationException.class, () -> Fixture.reading(reader, column));
        assertTrue(error.getMessage().contains(text), error.getMessage());
    }

    @Test
    void aSchemaIdThatIsRegisteredLateIsReadAfterAMinute() throws Exception {
        long[] clock = {0};
        String[] known = {null};
        ReaderRecord reader = ReaderRecord.of(
                Fixture.parse(Fixture.record("{'name':'id','type':'string'}")),
                (org.apache.flink.table.types.logical.RowType) DataTypes.ROW(ID).getLogicalType(),
                Fixture.NO_RULES);
        PlanCache cache = new PlanCache(
                id -> {
                    if (known[0] == null) {
                        throw BadRecordException.named(BadReason.UNKNOWN_SCHEMA_ID, "1");
                    }
                    return known[0];
                },
                new PlanCompiler(reader),
                () -> clock[0]);
        assertThrows(BadRecordException.class, () -> cache.planOf(1));
        known[0] = Fixture.record("{'name':'id','type':'string'}");
        clock[0] = PlanCache.UNKNOWN_TTL_MS - 1;
        assertThrows(BadRecordException.class, () -> cache.planOf(1));
        clock[0] = PlanCache.UNKNOWN_TTL_MS;
        assertSame(cache.planOf(1), cache.planOf(1));
    }
}
