package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** The rooms of one host, record by record. Times in the rows are seconds. */
class LiveAlertsTest {

    private static final long SECOND = 1_000;
    private static final long DAY = 86_400 * SECOND;

    private final LiveAlerts function = new LiveAlerts();
    private final LiveAlerts.Known known = new LiveAlerts.Known();
    private final HandClock clock = new HandClock(() -> known.rooms = null);
    private final Collected<RowData> rows = new Collected<>();
    private int told;

    @BeforeEach
    void open() {
        function.open(Versions.one());
        function.setCollector(rows);
    }

    @Test
    void viewersAlertFromTheThresholdOfTheTierOnAndThenAreQuiet() throws Exception {
        viewers("r", 10, 99);
        assertEquals(List.of(), said(), "the host is not known: 100");
        viewers("r", 20, 100);
        assertEquals(List.of("r viewers 20: 100 of unknown 100.0"), said());
        viewers("r", 30, 900);
        viewers("q", 30, 101);
        viewers("r", 619, 900);
        assertEquals(List.of("q viewers 30: 101 of unknown 100.0"), said(), "a room of its own; r is quiet for ten minutes");
        viewers("r", 620, 900);
        assertEquals(List.of("r viewers 620: 900 of unknown 100.0"), said());
    }

    @Test
    void aSnapshotCountsFiveMinutesLater() throws Exception {
        snapshot(100, 5_000);
        snapshot(50, 10);
        viewers("r", 349, 99);
        assertEquals(List.of(), said());
        viewers("r", 350, 50);
        assertEquals(List.of("r viewers 350: 50 of small 50.0"), said());
        viewers("q", 400, 499);
        assertEquals(List.of(), said());
        viewers("q", 401, 500);
        assertEquals(List.of("q viewers 401: 500 of big 500.0"), said());
    }

    @Test
    void diamondsAreThoseOfAMinuteAndACombosGrowthCountsOnce() throws Exception {
        gift("r", 0, "a", 1, false, 10);
        gift("r", 1, "a", 2, false, 10);
        gift("r", 2, "a", 2, true, 10);
        assertEquals(List.of(), said(), "20 of 40");
        gift("r", 58, "a", 1, true, 10);
        assertEquals(List.of(), said());
        gift("r", 60, "b", 1, true, 19);
        assertEquals(List.of(), said(), "the first one is a minute ago");
        gift("r", 61, "b", 1, true, 1);
        assertEquals(List.of(), said(), "so is the second");
        gift("r", 62, "b", 1, true, 10);
        assertEquals(List.of("r diamonds 62: 40 of unknown 40.0"), said());
    }

    @Test
    void anEventThatIsToldAgainAddsNothing() throws Exception {
        for (int again = 0; again < 9; again++) {
            told = 0;
            gift("r", again, "a", 3, true, 10);
        }
        assertEquals(List.of(), said());
        gift("r", 20, "a", 1, true, 10);
        assertEquals(List.of("r diamonds 20: 40 of unknown 40.0"), said());
    }

    /** A thousand combos, each cut and told again at any point: what is added up is their diamonds. */
    @RepeatedTest(3)
    void combosCountOnceHoweverTheyAreCut(RepetitionInfo repetition) throws Exception {
        Random chance = new Random(repetition.getCurrentRepetition());
        RoomMinute rooms = new RoomMinute();
        byte[] state = null;
        long wanted = 0;
        long found = 0;
        for (int number = 0; number < 1_000; number++) {
            int size = 1 + chance.nextInt(12);
            long each = 1 + chance.nextInt(100);
            boolean isLost = chance.nextInt(4) == 0;
            int heard = isLost ? Math.max(2, 1 + chance.nextInt(size)) : size;
            List<RowData> events = new ArrayList<>();
            for (int count = 1; count <= heard; count++) {
                told = number * 20 + count;
                events.add(giftRow("r", number * 20 + count, "viewer" + number % 3, count, !isLost && count == size, each));
            }
            int cut = 1 + chance.nextInt(heard);
            List<RowData> heardTwice = new ArrayList<>(events.subList(0, cut));
            heardTwice.addAll(events.subList(chance.nextInt(cut), heard));
            for (RowData event : heardTwice) {
                rooms.unpack(state);
                found += rooms.add(event, event.getLong(10));
                state = rooms.pack();
            }
            wanted += heard * each;
        }
        assertEquals(wanted, found);
        assertTrue(state.length < 40_000, "only minutes are remembered: " + state.length);
    }

    @Test
    void aHostIsForgottenTwoDaysAfterTheNewestRecordOrAMonthAfterTheNewestSnapshot() throws Exception {
        viewers("r", 10, 900);
        clock.advance(DAY, () -> function.onTimer(clock, known));
        viewers("r", 86_400, 900);
        said();
        clock.advance(2 * DAY + 10 * SECOND, () -> function.onTimer(clock, known));
        assertFalse(clock.forgot());
        clock.advance(3 * DAY, () -> function.onTimer(clock, known));
        assertTrue(clock.forgot());
        snapshot(300_000, 7);
        clock.advance(20 * DAY, () -> function.onTimer(clock, known));
        assertFalse(clock.forgot());
        clock.advance(36 * DAY, () -> function.onTimer(clock, known));
        assertTrue(clock.forgot());
    }

    private void viewers(String room, long second, long count) throws Exception {
        see(row(room, null, null, null, null, count, null, second));
    }

    private void snapshot(long second, long followers) throws Exception {
        see(row(null, null, null, null, null, null, followers, second));
    }

    private void gift(String room, long second, String who, long count, boolean ends, long each) throws Exception {
        see(giftRow(room, second, who, count, ends, each));
    }

    private RowData giftRow(String room, long second, String who, long count, boolean ends, long each) {
        return row(room, who, count, ends, each, null, null, second);
    }

    private RowData row(
            String room, String combo, Long count, Boolean ends, Long each, Long viewers, Long followers, long second) {
        return GenericRowData.of(
                StringData.fromString("h"),
                room == null ? null : StringData.fromString(room),
                StringData.fromString("m:" + told++),
                combo == null ? null : StringData.fromString(combo),
                false,
                count,
                ends,
                each,
                viewers,
                followers,
                second * SECOND);
    }

    private void see(RowData row) throws Exception {
        function.eval(clock, known, row);
    }

    private List<String> said() {
        List<String> said = new ArrayList<>();
        for (RowData row : rows) {
            said.add(
                    row.getString(0) + " " + row.getString(1) + " " + row.getTimestamp(2, 3).getMillisecond() / SECOND + ": "
                            + row.getLong(3) + " of " + row.getString(5) + " " + row.getDouble(6));
        }
        rows.clear();
        return said;
    }
}
