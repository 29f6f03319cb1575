package io.tokpulse.flink.avro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericData;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

class MalformedRecordTest {

    private static final long NOW = System.currentTimeMillis();
    private static final String SCHEMA = Fixture.record(
            "{'name':'id','type':'string'},{'name':'region','type':['null','string'],'default':null},"
                    + "{'name':'title','type':'string'},{'name':'plays','type':'long'},{'name':'ok','type':'boolean'},"
                    + "{'name':'score','type':'double'},{'name':'tags','type':{'type':'array','items':'string'}},"
                    + "{'name':'stats','type':{'type':'record','name':'S','fields':["
                    + "{'name':'likes','type':'long'},{'name':'shares','type':'int'}]}},"
                    + "{'name':'seen','type':'long'}");
    private static final RecordRules RULES =
            new RecordRules(Set.of("plays", "stats.likes"), "seen", 1_451_606_400_000L, 300_000);

    private final Fixture fixture = Fixture.reading(
                    SCHEMA,
                    RULES,
                    Fixture.NO_BRAKE,
                    DataTypes.FIELD("id", DataTypes.STRING()),
                    DataTypes.FIELD("region", DataTypes.STRING()),
                    DataTypes.FIELD("ok", DataTypes.BOOLEAN()),
                    DataTypes.FIELD("stats", DataTypes.ROW(DataTypes.FIELD("shares", DataTypes.INT()))),
                    DataTypes.FIELD("seen", DataTypes.TIMESTAMP_LTZ(3)))
            .knowing(1, SCHEMA)
            .knowing(2, Fixture.record("Other", "{'name':'id','type':'string'}"))
            .knowing(3, "\"string\"");

    private static GenericRecord good() {
        GenericData.Record stats = new GenericData.Record(Fixture.parse(SCHEMA).getField("stats").schema());
        stats.put("likes", 3L);
        stats.put("shares", 70000);
        GenericData.Record record = new GenericData.Record(Fixture.parse(SCHEMA));
        record.put("id", "7001");
        record.put("region", "DE");
        record.put("title", "caf\u00e9 \uD83D\uDE02");
        record.put("plays", 123_456_789L);
        record.put("ok", true);
        record.put("score", 0.5);
        record.put("tags", List.of("a", "b"));
        record.put("stats", stats);
        record.put("seen", NOW);
        return record;
    }

    private static byte[] with(String field, Object value) {
        GenericRecord record = good();
        record.put(field, value);
        return Fixture.write(1, record);
    }

    @Test
    void aGoodRecordFillsTheColumnsAndLeavesTheMetadataNull() {
        byte[] message = Fixture.write(1, good());
        RowData row = fixture.read(message);
        assertNull(fixture.errorOf(row, message));
        assertEquals("7001", row.getString(0).toString());
        assertEquals("DE", row.getString(1).toString());
        assertTrue(row.getBoolean(2));
        assertEquals(70000, row.getRow(3, 1).getInt(0));
        assertEquals(NOW, row.getTimestamp(4, 3).getMillisecond());
        assertEquals(7, row.getArity());
    }

    @Test
    void theValueAsReceivedIsThereForGoodAndBadRecords() {
        Fixture receiving = Fixture.receiving(SCHEMA, DataTypes.FIELD("id", DataTypes.STRING())).knowing(1, SCHEMA);
        byte[] message = Fixture.write(1, good());
        RowData row = receiving.read(message);
        assertNull(receiving.errorOf(row, message));
        assertSame(message, row.getBinary(3));
        byte[] bad = {1, 2};
        row = receiving.read(bad);
        assertTrue(receiving.errorOf(row, bad).startsWith("bad_magic"));
        assertSame(bad, row.getBinary(3));
    }

    @Test
    void aRowOutlivesTheNextRecord() {
        RowData first = fixture.read(Fixture.write(1, good()));
        fixture.read(with("id", "other"));
        assertEquals("7001", first.getString(0).toString());
    }

    @Test
    void everyKindOfBadRecordHasItsReason() {
        byte[] good = Fixture.write(1, good());
        byte[] badMagic = good.clone();
        badMagic[0] = 1;
        byte[] unknown = good.clone();
        unknown[1] = 9;
        GenericRecord negative = good();
        ((GenericRecord) negative.get("stats")).put("likes", -2L);
        Map<String, byte[]> cases = Map.ofEntries(
                Map.entry("truncated: score needs 8 bytes, 0 are left", Arrays.copyOf(good, 30)),
                Map.entry("truncated: 3 bytes, the schema id alone needs 5", Arrays.copyOf(good, 3)),
                Map.entry("bad_magic: first byte is 0x01, expected 0x00", badMagic),
                Map.entry("unknown_schema_id: 150994945", unknown),
                Map.entry("wrong_record: n.Other, expected n.R", Fixture.envelope(2, good)),
                Map.entry("wrong_record: string, expected n.R", Fixture.envelope(3, good)),
                Map.entry("negative_counter: plays=-1", with("plays", -1L)),
                Map.entry("negative_counter: stats.likes=-2", Fixture.write(1, negative)),
                Map.entry("event_time_out_of_range: seen=5 is before 1451606400000", with("seen", 5L)),
                Map.entry("empty_value: 0 bytes", new byte[0]),
                Map.entry("too_large: 5000 bytes, allowed are 1000", new byte[5000]),
                Map.entry("trailing_bytes: 2 bytes follow the record", Arrays.copyOf(good, good.length + 2)));
        cases.forEach((error, message) -> assertEquals(error, fixture.errorOf(message)));
        long ahead = NOW + 3_600_000;
        assertEquals(
                "event_time_in_future: seen=" + ahead + " is more than 300000 ms ahead of the clock",
                fixture.errorOf(with("seen", ahead)));
    }

    @Test
    void aTombstoneIsABadRecordWithoutPayload() {
        RowData row = fixture.read(null);
        assertEquals("empty_value: null", fixture.errorOf(row, null));
        assertTrue(row.isNullAt(6));
    }

    @Test
    void everyTruncationIsTruncated() {
        byte[] good = Fixture.write(1, good());
        for (int length = 1; length < good.length; length++) {
            String error = fixture.errorOf(Arrays.copyOf(good, length));
            assertTrue(error != null && error.startsWith("truncated: "), length + ": " + error);
        }
    }

    @Test
    void noFlippedOrRandomByteRaises() {
        byte[] good = Fixture.write(1, good());
        for (int at = 0; at < good.length; at++) {
            for (int value = 0; value < 256; value++) {
                byte[] flipped = good.clone();
                flipped[at] = (byte) value;
                noDefect(fixture.errorOf(flipped));
            }
        }
        Random random = new Random(7);
        for (int i = 0; i < 200_000; i++) {
            byte[] body = new byte[random.nextInt(80)];
            random.nextBytes(body);
            noDefect(fixture.errorOf(Fixture.envelope(1, body)));
        }
    }

    private static void noDefect(String error) {
        assertTrue(error == null || !error.startsWith("undecodable"), error);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 6, 1_000_000, Integer.MAX_VALUE})
    void aBogusLengthIsRefusedBeforeAnythingIsAllocated(int length) {
        int zigzag = length << 1 ^ length >> 31;
        byte[] body = new byte[10];
        int at = 0;
        for (; (zigzag & ~0x7F) != 0; zigzag >>>= 7) {
            body[at++] = (byte) (zigzag & 0x7F | 0x80);
        }
        body[at++] = (byte) zigzag;
        String error = fixture.errorOf(Fixture.envelope(1, Arrays.copyOf(body, at + 5)));
        String expected = length < 0
                ? "bad_encoding: id has a negative length"
                : "truncated: id needs " + length + " bytes, 5 are left";
        assertEquals(expected, error);
    }

    @Test
    void anArrayOfNothingsWithAHugeCountEnds() {
        String writer = Fixture.record(
                "{'name':'n','type':{'type':'array','items':'null'}},{'name':'id','type':'string'}");
        Fixture nulls = Fixture.reading(
                        Fixture.record("{'name':'id','type':'string'}"), DataTypes.FIELD("id", DataTypes.STRING()))
                .knowing(1, writer);
        byte[] huge = Fixture.envelope(1, (byte) -2, (byte) -1, (byte) -1, (byte) -1, (byte) -1, (byte) 15, (byte) 0);
        assertEquals(
                "truncated: n announces more items than the record has bytes", nulls.errorOf(huge));
    }

    @Test
    void textThatIsNotUtf8IsBadWhereAColumnShowsIt() {
        byte[] overlong = {(byte) 0xC0, (byte) 0x80};
        byte[] surrogate = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};
        byte[] cut = {'a', (byte) 0xE2};
        for (byte[] text : new byte[][] {overlong, surrogate, cut}) {
            byte[] body = new byte[text.length + 1];
            body[0] = (byte) (text.length << 1);
            System.arraycopy(text, 0, body, 1, text.length);
            assertEquals("bad_encoding: id is not UTF-8", fixture.errorOf(Fixture.envelope(1, body)));
        }
    }

    @Test
    void anUnknownIdIsAskedForOnce() {
        byte[] unknown = Fixture.envelope(99);
        for (int i = 0; i < 100; i++) {
            assertEquals("unknown_schema_id: 99", fixture.errorOf(unknown));
        }
        assertEquals(1, fixture.fetches);
    }
}
