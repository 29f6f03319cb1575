package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** One user's snapshots, under a watermark that the test moves. The rule: more than 100 followers within 2 hours. */
class FollowerChangesTest {

    private static final long HOUR = 3_600_000;
    private static final long MONTH = 31 * 24 * HOUR;

    private final FollowerChanges function = new FollowerChanges();
    private final FollowerChanges.Known known = new FollowerChanges.Known();
    private final HandClock clock = new HandClock(() -> known.history = null);
    private final Collected<RowData> rows = new Collected<>();

    @BeforeEach
    void open() {
        function.open(24 * HOUR, Versions.one());
        function.setCollector(rows);
    }

    @Test
    void snapshotsAreComparedInTheOrderOfTheirMoments() throws Exception {
        snapshot(20, 7);
        snapshot(10, 5);
        assertEquals(List.of(), said());
        watermark(20);
        assertEquals(List.of("change 10: 5, counted 1", "change 20: 7 after 5 of 10, counted 1"), said());
    }

    @Test
    void ofOneMomentTheLargestCountHoldsAndEachRecordIsCounted() throws Exception {
        snapshot(10, 5);
        snapshot(10, 8);
        snapshot(10, 6);
        watermark(10);
        assertEquals(List.of("change 10: 8, counted 3"), said());
        snapshot(10, 8);
        assertEquals(List.of("account 10: 8, late 1"), said());
    }

    @Test
    void aLateSnapshotComesBetween() throws Exception {
        snapshot(10, 5);
        snapshot(30, 9);
        watermark(40);
        said();
        snapshot(20, 6);
        assertEquals(List.of("change 20: 6 after 5 of 10, late 1", "change 30: 9 after 6 of 20 revision 1"), said());
    }

    @Test
    void aUserIsForgottenAMonthAfterWhatMayComeAndIsThenMetAnew() throws Exception {
        long week = 7 * 24 * HOUR;
        snapshot(10, 5);
        snapshot(100 * HOUR, 6);
        watermark(100 * HOUR + MONTH + 24 * HOUR + week - 1);
        assertFalse(clock.forgot());
        watermark(100 * HOUR + MONTH + 24 * HOUR + week);
        assertTrue(clock.forgot());
        said();
        snapshot(3 * MONTH, 7);
        watermark(5 * MONTH);
        assertEquals(List.of("change " + 3 * MONTH + ": 7, counted 1"), said());
        assertTrue(clock.forgot(), "there is a timer again");
    }

    @Test
    void aSnapshotOfMoreThanAMonthBeforeDoesNotCount() throws Exception {
        snapshot(10, 5);
        snapshot(11 + MONTH, 6);
        watermark(11 + MONTH);
        assertEquals(List.of("change 10: 5, counted 1", "change " + (11 + MONTH) + ": 6, counted 1"), said());
    }

    @Test
    void aBrokenRuleIsTold() throws Exception {
        snapshot(0, 1_000);
        snapshot(HOUR, 900);
        snapshot(2 * HOUR, 1_001);
        watermark(2 * HOUR);
        assertEquals("alert 7200000: 1001 after 900 of 3600000", said().get(3));
    }

    @Test
    void aLateSnapshotAlertsForWhatItChangesOnly() throws Exception {
        snapshot(0, 500);
        snapshot(10, 1_000);
        snapshot(20, 1_001);
        watermark(20);
        assertEquals(2, said().stream().filter(line -> line.startsWith("alert")).count());
        snapshot(15, 400);
        assertEquals(
                List.of("change 15: 400 after 1000 of 10, late 1 away", "change 20: 1001 after 400 of 15 revision 1"), said());
        snapshot(15, 401);
        assertEquals(
                List.of("change 15: 401 after 1000 of 10, late 1 revision 1 away", "change 20: 1001 after 401 of 15 revision 2"),
                said());
    }

    @Test
    void beyondTheBoundARecordIsOnlyCounted() throws Exception {
        snapshot(30 * HOUR, 5);
        watermark(30 * HOUR);
        said();
        snapshot(5 * HOUR, 4);
        assertEquals(List.of("account 18000000: 4, beyond 1"), said());
    }

    @Test
    void aCountThatVanishesAndReturnsIsComparedWithWhatItWas() throws Exception {
        counts(5_000_000, 0, 0, 5_000_000, 5_000_150);
        assertEquals(
                List.of("5000000", "0 after 5000000 away", "0 after 0 away", "5000000 after 5000000", "5000150 after 5000000"),
                changes());
        assertEquals(List.of("alert 14400000: 5000150 after 5000000 of 10800000"), alerts());
    }

    @Test
    void zeroFirstOfAllIsNoBaseOfALargeCount() throws Exception {
        counts(0, 5_000_000, 5_000_050);
        assertEquals(List.of("0", "5000000 after 5000000", "5000050 after 5000000"), changes());
        assertEquals(List.of(), alerts());
    }

    @Test
    void aSmallAccountMayBeginAtZero() throws Exception {
        counts(0, 3, 200, 0, 350);
        assertEquals(List.of("0", "3 after 0", "200 after 3", "0 after 200", "350 after 200"), changes());
        assertEquals(List.of(200L, 350L), alerted());
    }

    @Test
    void aSmallCountThatVanishesIsComparedWithWhatItWas() throws Exception {
        counts(800, 0, 1_200);
        assertEquals(List.of("800", "0 after 800", "1200 after 800"), changes());
        assertEquals(List.of(1_200L), alerted());
    }

    @Test
    void oneLowCountOfAUserSeenOnceADayIsNoBase() throws Exception {
        function.open(24 * HOUR, Versions.within(168));
        long day = 24 * HOUR;
        long[] daily = {5_000_000, 12, 5_000_010, 5_000_020};
        for (int i = 0; i < daily.length; i++) {
            snapshot(i * day, daily[i]);
            watermark(i * day);
        }
        assertEquals(List.of("5000000", "12 after 5000000 away", "5000010 after 12", "5000020 after 5000010"), changes());
        assertEquals(List.of(), alerts());
    }

    @Test
    void whatWasAwayStaysAwayWhenTheZeroBeforeItIsForgotten() throws Exception {
        function.open(24 * HOUR, Versions.within(168));
        long[][] seen = {{0, 5_000}, {1, 0}, {2, 4_000}, {20, 4_100}, {100, 4_450}, {210, 4_520}};
        for (long[] snapshot : seen) {
            snapshot(snapshot[0] * HOUR, snapshot[1]);
            watermark(snapshot[0] * HOUR);
        }
        said();
        snapshot(187 * HOUR, 4_500);
        assertEquals(List.of(), alerts());
    }

    @Test
    void aLateSnapshotThatMakesOthersBasesChangesThem() throws Exception {
        counts(5_000, 100, 3_000, 3_100, 3_200);
        assertEquals(
                List.of("5000", "100 after 5000 away", "3000 after 100 away", "3100 after 3000 away", "3200 after 3100 away"),
                changes());
        said();
        snapshot(HOUR / 2, 3_050);
        assertEquals(
                List.of(
                        "change 1800000: 3050 after 5000 of 0, late 1",
                        "change 3600000: 100 after 3050 of 1800000 revision 1 away",
                        "change 10800000: 3100 after 3000 of 7200000 revision 1",
                        "change 14400000: 3200 after 3100 of 10800000 revision 1"),
                said().stream().filter(line -> line.startsWith("change")).toList());
    }

    @Test
    void aFallToAFewIsNoBaseOfAnAlert() throws Exception {
        counts(5_000_000, 12, 4_000_000, 4_900_000, 5_000_000);
        assertEquals(
                List.of(
                        "5000000",
                        "12 after 5000000 away",
                        "4000000 after 12 away",
                        "4900000 after 4000000 away",
                        "5000000 after 4900000"),
                changes(),
                "a change is from one count to the next");
        assertEquals(List.of(), alerts());
    }

    @Test
    void aLossIsALoss() throws Exception {
        counts(5_000_000, 4_800_000, 4_800_200);
        assertEquals(List.of("5000000", "4800000 after 5000000", "4800200 after 4800000"), changes());
        assertEquals(List.of(4_800_200L), alerted());
    }

    @Test
    void whatComesLateIsTheBaseOfWhatReturned() throws Exception {
        counts(0, 0, 0, 5_000_000);
        said();
        snapshot(HOUR / 2, 4_000_000);
        assertEquals(
                List.of(
                        "change 1800000: 4000000 after 4000000 of 0, late 1",
                        "change 3600000: 0 after 4000000 of 1800000 revision 1 away",
                        "change 7200000: 0 after 0 of 3600000 revision 1 away",
                        "change 10800000: 5000000 after 4000000 of 1800000 revision 1"),
                said().stream().filter(line -> line.startsWith("change")).toList());
    }

    @Test
    void zerosDoNotPileUp() throws Exception {
        counts(5_000_000);
        for (long day = 1; day < 30; day++) {
            snapshot(day * 24 * HOUR, 0);
            watermark(day * 24 * HOUR);
        }
        assertTrue(known.history.length < 100, known.history.length + " bytes");
        said();
        snapshot(30 * 24 * HOUR, 5_000_000);
        watermark(30 * 24 * HOUR);
        assertEquals(List.of("5000000 after 5000000"), changes());
    }

    /** Whatever the order and the watermarks: the newest rows are what a plain recomputation gives, and each alert is sent once. */
    @RepeatedTest(200)
    void anyOrderGivesTheSame(RepetitionInfo repetition) throws Exception {
        Random random = new Random(repetition.getCurrentRepetition());
        TreeMap<Long, Long> counts = new TreeMap<>();
        List<long[]> snapshots = new ArrayList<>();
        int records = 1 + random.nextInt(40);
        for (int i = 0; i < records; i++) {
            // Within 20 hours, or once every few hours for days.
            long at = random.nextLong(60) * (repetition.getCurrentRepetition() % 2 == 0 ? HOUR / 3 : 3 * HOUR);
            long count = random.nextInt(3) == 0 ? random.nextInt(300) : new long[] {0, 0, 900, 1_500, 4_000}[random.nextInt(5)];
            counts.merge(at, count, Math::max);
            snapshots.add(new long[] {at, count});
        }
        Collections.shuffle(snapshots, random);
        for (long[] snapshot : snapshots) {
            snapshot(snapshot[0], snapshot[1]);
            if (random.nextInt(4) == 0) {
                watermark(random.nextLong(20 * HOUR));
            }
            if (random.nextInt(10) == 0) {
                clock.restart();
            }
        }
        watermark(Long.MAX_VALUE);
        Map<Long, String> wanted = plainly(counts);
        Map<Long, String> newest = new TreeMap<>();
        Map<Long, Integer> alerts = new TreeMap<>();
        long accounted = 0;
        for (RowData row : rows) {
            long at = row.getTimestamp(1, 3).getMillisecond();
            String before = row.isNullAt(3) ? "" : " after " + row.getLong(4) + " of " + row.getTimestamp(3, 3).getMillisecond();
            switch (row.getString(0).toString()) {
                case "change" -> newest.put(at, row.getLong(2) + before + (row.getBoolean(12) ? " away" : ""));
                case "alert" -> alerts.merge(at, 1, Integer::sum);
                default -> {}
            }
            accounted += row.getLong(9) + row.getLong(10) + row.getLong(11);
        }
        assertEquals(wanted, newest);
        assertEquals(records, accounted);
        alerts.forEach((at, sent) -> assertEquals(1, sent, "alerts at " + at));
        for (long at : due(counts)) {
            assertEquals(1, alerts.get(at), "alert at " + at);
        }
    }

    /** What each count is compared with: the one before, or the last that is not 0. */
    private static Map<Long, String> plainly(TreeMap<Long, Long> counts) {
        Map<Long, String> wanted = new TreeMap<>();
        Set<Long> bases = bases(counts).keySet();
        counts.forEach(
                (at, count) -> {
                    Map.Entry<Long, Long> before = counts.lowerEntry(at);
                    Map.Entry<Long, Long> last = before;
                    while (last != null && last.getValue() == 0) {
                        last = counts.lowerEntry(last.getKey());
                    }
                    String text = "";
                    if (before != null && before.getValue() == 0 && count > 0) {
                        if (last != null) {
                            before = last;
                        } else if (count >= 1_000) {
                            text = " after " + count + " of " + before.getKey();
                            before = null;
                        }
                    }
                    text = before == null ? text : " after " + before.getValue() + " of " + before.getKey();
                    wanted.put(at, count + text + (bases.contains(at) ? "" : " away"));
                });
        return wanted;
    }

    /** When a gain of more than 100 within 2 hours is due, by the rule as docs/adr has it. */
    private static List<Long> due(TreeMap<Long, Long> counts) {
        TreeMap<Long, Long> bases = bases(counts);
        List<Long> due = new ArrayList<>();
        bases.forEach(
                (at, count) -> {
                    long least =
                            bases.subMap(at - 2 * HOUR, true, at, false).values().stream()
                                    .filter(base -> base > 0 || count < 1_000)
                                    .min(Long::compare)
                                    .orElse(count);
                    if (count - least > 100) {
                        due.add(at);
                    }
                });
        return due;
    }

    /** The counts that are not away, by the rule as docs/adr has it. */
    private static TreeMap<Long, Long> bases(TreeMap<Long, Long> counts) {
        TreeMap<Long, Long> bases = new TreeMap<>();
        boolean away = false;
        for (Map.Entry<Long, Long> snapshot : counts.entrySet()) {
            long at = snapshot.getKey();
            long count = snapshot.getValue();
            if (!bases.isEmpty()) {
                long was = bases.lastEntry().getValue();
                boolean fallen = was >= 1_000 && count * 2 < was;
                boolean gone = count == 0 || at - bases.lastKey() < 24 * HOUR;
                away = count < was && (away ? gone : fallen);
            }
            if (!away) {
                bases.put(at, count);
            }
        }
        return bases;
    }

    /** Snapshots an hour apart from 0 on, each read before the next. */
    private void counts(long... counts) throws Exception {
        for (int i = 0; i < counts.length; i++) {
            snapshot(i * HOUR, counts[i]);
            watermark(i * HOUR);
        }
    }

    private List<String> changes() {
        return rows.stream()
                .filter(row -> row.getString(0).toString().equals("change"))
                .map(row -> row.getLong(2) + (row.isNullAt(3) ? "" : " after " + row.getLong(4)) + (row.getBoolean(12) ? " away" : ""))
                .toList();
    }

    private List<String> alerts() {
        return rows.stream().map(FollowerChangesTest::line).filter(line -> line.startsWith("alert")).toList();
    }

    private List<Long> alerted() {
        return rows.stream().filter(row -> row.getString(0).toString().equals("alert")).map(row -> row.getLong(2)).toList();
    }

    private void snapshot(long at, long count) throws Exception {
        function.eval(clock, known, GenericRowData.of(StringData.fromString("u"), count, at));
    }

    private void watermark(long to) throws Exception {
        clock.advance(to, () -> function.onTimer(clock, known));
    }

    private List<String> said() {
        List<String> lines = rows.stream().map(FollowerChangesTest::line).toList();
        rows.clear();
        return lines;
    }

    private static String line(RowData row) {
        String text = row.getString(0) + " " + row.getTimestamp(1, 3).getMillisecond() + ": " + row.getLong(2);
        if (!row.isNullAt(3)) {
            text += " after " + row.getLong(4) + " of " + row.getTimestamp(3, 3).getMillisecond();
        }
        String[] names = {"counted", "late", "beyond"};
        for (int i = 0; i < names.length; i++) {
            text += row.getLong(9 + i) == 0 ? "" : ", " + names[i] + " " + row.getLong(9 + i);
        }
        return text + (row.getLong(5) == 0 ? "" : " revision " + row.getLong(5)) + (row.getBoolean(12) ? " away" : "");
    }
}
