package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** One author's post-hours and snapshots, under a watermark that the test moves. Times in the rows are whole hours. */
class PostGrowthTest {

    private static final long HOUR = 3_600_000;
    private static final long MINUTE = 60_000;

    private final PostGrowth function = new PostGrowth();
    private final MapView<String, byte[]> author = new MapView<>();
    private final MapView<Long, byte[]> waiting = new MapView<>();
    private final MapView<String, byte[]> posts = new MapView<>();
    private final MapView<Long, byte[]> moments = new MapView<>();
    private final MapView<String, byte[]> alerted = new MapView<>();
    private final HandClock clock = new HandClock(this::forget);
    private final Collected<RowData> rows = new Collected<>();

    @BeforeEach
    void open() {
        function.open(24 * HOUR, Versions.one(), new UnregisteredMetricsGroup());
        function.setCollector(rows);
    }

    @Test
    void anHourWaitsForTheWatermarkAndTakesTheLatestSnapshotBeforeItsEnd() throws Exception {
        hour("a", 1, 700, 0, 200);
        snapshot(2 * HOUR, 5);
        snapshot(2 * HOUR - 1, 1_000);
        assertEquals(List.of(), said());
        watermark(2 * HOUR - 1);
        assertEquals(List.of("a 1: 500 by 1000 big false, revision 0"), said(), "strictly above the threshold");
    }

    @Test
    void withoutASnapshotTheAuthorIsUnknown() throws Exception {
        hour("a", 2, 1_000, 0, 200);
        watermark(3 * HOUR);
        assertEquals(List.of("a 2: 800 by null unknown true alert, revision 0"), said());
    }

    @Test
    void aChangedHourLeavesAgainAndAlertsOnce() throws Exception {
        snapshot(0, 10);
        hour("a", 1, 350, 0, 200);
        watermark(2 * HOUR);
        assertEquals(List.of("a 1: 150 by 10 small true alert, revision 0"), said());
        hour("a", 1, 250, 0, 200);
        assertEquals(List.of("a 1: 50 by 10 small false alerted, revision 1"), said());
        hour("a", 1, 350, 0, 200);
        assertEquals(List.of("a 1: 150 by 10 small true alerted, revision 2"), said());
    }

    @Test
    void aLateSnapshotChangesTheHoursThatLookAtIt() throws Exception {
        snapshot(0, 10);
        hour("a", 1, 350, 0, 200);
        hour("b", 1, 350, 0, 200);
        hour("a", 2, 500, 1, 350);
        watermark(2 * HOUR + 1);
        snapshot(2 * HOUR + 30, 12);
        watermark(3 * HOUR);
        said();
        snapshot(HOUR, 2_000);
        assertEquals(
                List.of(
                        "a 1: 150 by 2000 big false alerted, revision 1", "b 1: 150 by 2000 big false alerted, revision 1"),
                said().stream().sorted().toList(),
                "the second hour has a snapshot of its own");
        snapshot(HOUR, 1_000);
        assertEquals(List.of(), said(), "of one moment the largest count holds");
    }

    @Test
    void postsAreForgottenWithTheBoundAndAnAuthorAMonthLater() throws Exception {
        long day = 24;
        snapshot(0, 10);
        hour("a", 1, 350, 0, 200);
        hour("b", 40, 350, 0, 200);
        watermark(41 * HOUR);
        assertEquals(Set.of("a", "b"), posts.getMap().keySet());
        watermark(60 * HOUR);
        assertEquals(Set.of("b"), posts.getMap().keySet(), "a is a day behind");
        hour("b", 40 * day, 350, 0, 200);
        watermark(39 * day * HOUR);
        assertFalse(clock.forgot(), "an hour waits");
        watermark((40 * day + 1 + 32 * day) * HOUR - 1);
        assertFalse(clock.forgot());
        said();
        watermark((40 * day + 2 + 32 * day) * HOUR);
        assertTrue(clock.forgot());
        hour("b", 100 * day, 350, 99 * day, 200);
        watermark(102 * day * HOUR);
        assertEquals(List.of("b 2400: 150 by null unknown false, revision 0"), said());
        watermark(150 * day * HOUR);
        assertTrue(clock.forgot(), "there is a timer again");
    }

    @Test
    void aCounterThatVanishesAndReturnsGainsNothing() throws Exception {
        plays("a", 5_000_000, 0, 5_000_000);
        assertEquals(List.of("1: 0 - 5000000, 1 h, away", "2: 5000000 - 5000000, 2 h"), grown("a"));
        plays("b", 5_000_000, 0, 0, 5_000_000, 5_100_000);
        assertEquals(
                List.of(
                        "1: 0 - 5000000, 1 h, away",
                        "2: 0 - 5000000, 2 h, away",
                        "3: 5000000 - 5000000, 3 h",
                        "4: 5100000 - 5000000, 1 h"),
                grown("b"));
        plays("c", 5_000_000, 12, 5_000_100);
        assertEquals(List.of("1: 12 - 5000000, 1 h, away", "2: 5000100 - 5000000, 2 h"), grown("c"));
        plays("d", 2_000, 1_000, 2_000);
        assertEquals(List.of("1: 1000 - 2000, 1 h", "2: 2000 - 1000, 1 h"), grown("d"), "half is a dip");
        plays("e", 999, 10, 998);
        assertEquals(List.of("1: 10 - 999, 1 h", "2: 998 - 10, 1 h"), grown("e"), "small counts may do as they like");
        plays("f", 800, 0, 700, 1_200);
        assertEquals(
                List.of("1: 0 - 800, 1 h", "2: 700 - 0, 1 h", "3: 1200 - 700, 1 h"), grown("f"), "small counts may fall to 0");
    }

    @Test
    void aCounterThatReturnsByStepsGainsNothingOnItsWay() throws Exception {
        plays("a", 5_000_000, 12, 2_000_000, 4_900_000, 4_900_000, 5_000_000, 5_000_001);
        assertEquals(
                List.of(
                        "1: 12 - 5000000, 1 h, away",
                        "2: 2000000 - 5000000, 2 h, away",
                        "3: 4900000 - 4900000, 3 h, away",
                        "4: 4900000 - 4900000, 4 h, away",
                        "5: 5000000 - 5000000, 5 h",
                        "6: 5000001 - 5000000, 1 h"),
                grown("a"));
    }

    @Test
    void aFallThatStaysIsTheBaseAfterADay() throws Exception {
        long[] counts = new long[27];
        Arrays.fill(counts, 100);
        counts[0] = 5_000;
        counts[25] = 130;
        counts[26] = 135;
        plays("a", counts);
        List<String> grown = grown("a");
        assertEquals("23: 100 - 5000, 23 h, away", grown.get(22));
        assertEquals(List.of("24: 100 - 5000, 24 h", "25: 130 - 100, 1 h", "26: 135 - 130, 1 h"), grown.subList(23, 26));
    }

    @Test
    void zeroIsNoBaseHoweverLongItStays() throws Exception {
        begin("a", 0);
        long[] counts = new long[31];
        System.arraycopy(new long[] {0, 900, 40_000, 5_000_000}, 0, counts, 0, 4);
        counts[29] = 5_000_010;
        counts[30] = 5_000_011;
        plays("a", counts);
        List<String> grown = grown("a");
        assertEquals("28: 0 - 5000000, 25 h, away", grown.get(27));
        assertEquals(List.of("29: 5000010 - 5000000, 26 h", "30: 5000011 - 5000010, 1 h"), grown.subList(28, 30));
    }

    @Test
    void oneLowCountOfAPostSeenOnceADayIsNoBase() throws Exception {
        hour("a", 24, 12, 0, 5_000_000);
        watermark(25 * HOUR);
        hour("a", 48, 5_000_010, 24, 12);
        watermark(49 * HOUR);
        assertEquals(List.of("24: 12 - 5000000, 24 h, away", "48: 5000010 - 5000000, 48 h"), grown("a"));
        hour("b", 48, 2_000, 24, 5_000);
        watermark(73 * HOUR);
        hour("b", 72, 2_100, 48, 2_000);
        watermark(97 * HOUR);
        hour("b", 96, 2_150, 72, 2_100);
        watermark(121 * HOUR);
        assertEquals(
                List.of("48: 2000 - 5000, 24 h, away", "72: 2100 - 5000, 48 h", "96: 2150 - 2100, 24 h"),
                grown("b"),
                "two of them are a loss");
    }

    @Test
    void zeroIsNoBaseUnlessThePostWasSeenToBegin() throws Exception {
        plays("a", 0, 5_000_000, 5_000_100);
        assertEquals(List.of("1: 5000000 - 5000000, 1 h", "2: 5000100 - 5000000, 1 h"), grown("a"));
        plays("b", 0, 3, 10, 0, 999, 9_999);
        assertEquals(
                List.of("1: 3 - 0, 1 h", "2: 10 - 3, 1 h", "3: 0 - 10, 1 h", "4: 999 - 0, 1 h", "5: 9999 - 999, 1 h"),
                grown("b"));
        begin("c", 0);
        plays("c", 0, 0, 20_000);
        assertEquals(List.of("1: 0 - 0, 1 h", "2: 20000 - 0, 1 h"), grown("c"));
    }

    @Test
    void whoSawThePostBeginMayComeLate() throws Exception {
        snapshot(0, 10);
        plays("a", 0, 20_000);
        assertEquals(List.of("a 1: 0 by 10 small false, revision 0"), said());
        begin("a", 0);
        assertEquals(List.of("a 1: 20000 by 10 small true alert, revision 1"), said());
        begin("a", 0);
        assertEquals(List.of(), said());
        watermark(60 * HOUR);
        begin("b", 0);
        assertEquals(Set.of("a"), posts.getMap().keySet(), "beyond the bound nobody listens");
    }

    @Test
    void whatWasBeforeTheCounterWentAwayIsKeptWhenItsHourIsForgotten() throws Exception {
        plays("a", 5_000_000, 0);
        said();
        watermark(60 * HOUR);
        assertEquals(Set.of("a"), posts.getMap().keySet());
        hour("a", 40, 5_000_007, 1, 0);
        assertEquals(List.of("a 40: 7 by null unknown false, revision 0"), said());
        begin("b", 60);
        watermark(130 * HOUR);
        hour("b", 129, 5_000, 60, 0);
        assertEquals(List.of("b 129: 5000 by null unknown false, revision 0"), said());
        watermark(40 * 24 * HOUR);
        assertEquals(Set.of(), posts.getMap().keySet());
    }

    @Test
    void anObservationThatTakesOffAlertsAtOnceByTheSnapshotOfFiveMinutesBefore() throws Exception {
        watermark(58 * MINUTE);
        snapshot(50 * MINUTE, 10);
        snapshot(55 * MINUTE + 1, 2_000);
        moment("a", HOUR, 24);
        moment("b", HOUR, 25);
        assertEquals(List.of("b takes off at 60 by 50.0 of 50.0, small"), said(), "equal is enough");
        moment("c", HOUR + 2, 25);
        assertEquals(List.of(), said(), "the larger count is 5 minutes old now");
    }

    @Test
    void anObservationWaitsForTheSnapshotsOfFiveMinutesBefore() throws Exception {
        moment("a", HOUR, 30);
        watermark(55 * MINUTE - 1);
        snapshot(20 * MINUTE, 10);
        assertEquals(List.of(), said());
        watermark(55 * MINUTE);
        assertEquals(List.of("a takes off at 60 by 60.0 of 50.0, small"), said());
        moment("b", 2 * HOUR, 80);
        moment("c", 2 * HOUR, 80);
        clock.restart();
        watermark(3 * HOUR);
        assertEquals(
                List.of("b takes off at 120 by 160.0 of 50.0, small", "c takes off at 120 by 160.0 of 50.0, small"), said());
    }

    @Test
    void aPostThatHasAlertedIsQuietForTwoHours() throws Exception {
        watermark(4 * HOUR);
        for (long minutes : new long[] {100, 101, 219, 220, 221, 340}) {
            moment("a", minutes * MINUTE, 100);
        }
        moment("b", 221 * MINUTE, 100);
        assertEquals(
                List.of(
                        "a takes off at 100 by 200.0 of 150.0, unknown",
                        "a takes off at 220 by 200.0 of 150.0, unknown",
                        "b takes off at 221 by 200.0 of 150.0, unknown"),
                said());
        watermark(400 * MINUTE);
        assertEquals(List.of("a takes off at 340 by 200.0 of 150.0, unknown"), said());
    }

    @Test
    void anHourSaysWhetherAnAlertWentBeforeIt() throws Exception {
        snapshot(0, 10);
        moment("a", HOUR + 40 * MINUTE, 100);
        hour("a", 1, 350, 0, 200);
        hour("b", 1, 350, 0, 200);
        watermark(2 * HOUR);
        assertEquals(
                List.of(
                        "a takes off at 100 by 200.0 of 50.0, small",
                        "a 1: 150 by 10 small true alert, revision 0, early at 100",
                        "b 1: 150 by 10 small true alert, revision 0"),
                said());
        hour("a", 2, 450, 1, 350);
        hour("a", 3, 450, 2, 450);
        watermark(4 * HOUR);
        assertEquals(
                List.of("a 2: 100 by 10 small false, revision 0, early at 100", "a 3: 0 by 10 small false, revision 0"),
                said(),
                "growth counts from the start of the hour before");
        moment("b", 70 * MINUTE, 100);
        assertEquals(
                List.of("b takes off at 70 by 200.0 of 50.0, small", "b 1: 150 by 10 small true alerted, revision 1, early at 70"),
                said(),
                "the observation came late");
        moment("b", 3 * HOUR + 30 * MINUTE, 100);
        moment("c", 4 * HOUR - 24 * HOUR + 5 * MINUTE, 100);
        assertEquals(List.of("b takes off at 210 by 200.0 of 50.0, small"), said(), "beyond the bound nobody listens");
    }

    @Test
    void alertsAreForgottenAfterTheLongestQuietTime() throws Exception {
        long day = 24 * HOUR;
        watermark(HOUR);
        moment("a", HOUR, 100);
        assertEquals(List.of("a takes off at 60 by 200.0 of 150.0, unknown"), said());
        for (int days = 1; days < 10; days++) {
            snapshot(days * day, 10);
            watermark(days * day + HOUR);
            assertEquals(days < 9 ? Set.of("a") : Set.of(), alerted.getMap().keySet());
        }
        moment("a", 12 * day, 100);
        watermark(12 * day);
        assertEquals(List.of("a takes off at 17280 by 200.0 of 50.0, small"), said());
        watermark(60 * day);
        assertTrue(clock.forgot());
    }

    /** Whatever the order and the watermarks: the newest rows are what a plain recomputation gives, and each alert is sent once. */
    @RepeatedTest(200)
    void anyOrderGivesTheSame(RepetitionInfo repetition) throws Exception {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Iterator<Runnable>> arrivals = new ArrayList<>();
        TreeMap<Long, Long> snapshots = new TreeMap<>();
        Map<String, String> wanted = new HashMap<>();
        for (int i = 0; i < random.nextInt(8); i++) {
            long at = random.nextLong(20 * HOUR);
            long count = random.nextInt(2_000);
            snapshots.merge(at, count, Math::max);
            arrivals.add(List.<Runnable>of(() -> unchecked(() -> snapshot(at, count))).iterator());
        }
        for (int post = 0; post < 3; post++) {
            String aweme = "p" + post;
            boolean begun = random.nextBoolean();
            if (begun) {
                arrivals.add(List.<Runnable>of(() -> unchecked(() -> begin(aweme, 0))).iterator());
            }
            TreeMap<Integer, Long> plays = new TreeMap<>();
            boolean daily = random.nextInt(3) == 0;
            for (int hour = 0; hour < (daily ? 150 : 50); hour += daily ? 10 + random.nextInt(20) : 1 + random.nextInt(3)) {
                plays.put(hour, new long[] {0, 0, 7, 900, 1_500, 2_500, 6_000, 20_000}[random.nextInt(8)] + random.nextInt(3));
                if (random.nextInt(3) == 0) {
                    plays.put(hour, 0L);
                }
            }
            arrivals.add(told(aweme, plays, random).iterator());
            plainly(plays, begun)
                    .forEach(
                            (hour, grown) -> {
                                Map.Entry<Long, Long> latest = snapshots.floorEntry((hour + 1) * HOUR - 1);
                                wanted.put(
                                        aweme + " " + hour, grown + " by " + (latest == null ? "null" : latest.getValue()));
                            });
        }
        while (!arrivals.isEmpty()) {
            int next = random.nextInt(arrivals.size());
            if (arrivals.get(next).hasNext()) {
                arrivals.get(next).next().run();
            } else {
                arrivals.remove(next);
            }
            if (random.nextInt(5) == 0) {
                watermark(random.nextLong(20 * HOUR));
            }
            if (random.nextInt(10) == 0) {
                clock.restart();
            }
        }
        // The end of a bounded run: one step for all hours.
        watermark(Long.MAX_VALUE);
        Map<String, String> newest = new HashMap<>();
        Map<String, Integer> alerts = new HashMap<>();
        for (RowData row : rows) {
            String key = row.getString(0) + " " + row.getTimestamp(1, 3).getMillisecond() / HOUR;
            newest.put(key, row.getLong(7) + (row.getBoolean(18) ? " away" : "") + " by " + (row.isNullAt(9) ? "null" : row.getLong(9)));
            alerts.merge(key, row.getBoolean(15) ? 1 : 0, Integer::sum);
        }
        assertEquals(wanted, newest);
        alerts.forEach((key, sent) -> assertEquals(Math.min(sent, 1), sent, key));
    }

    /** What hourly_maxima says of a post whose hours come to be known in any order, each with fewer plays first. */
    private List<Runnable> told(String aweme, TreeMap<Integer, Long> plays, Random random) {
        List<Integer> order = new ArrayList<>();
        plays.keySet().forEach(hour -> order.addAll(random.nextInt(3) == 0 ? List.of(hour, hour) : List.of(hour)));
        if (random.nextBoolean()) {
            Collections.shuffle(order, random);
        }
        TreeMap<Integer, Long> known = new TreeMap<>();
        List<Runnable> told = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            int hour = order.get(i);
            boolean again = order.subList(i + 1, order.size()).contains(hour);
            known.put(hour, again ? plays.get(hour) / 3 : plays.get(hour));
            for (Integer changed : Arrays.asList(hour, known.higherKey(hour))) {
                Map.Entry<Integer, Long> before = changed == null ? null : known.lowerEntry(changed);
                if (before != null) {
                    long now = known.get(changed);
                    told.add(() -> unchecked(() -> hour(aweme, changed, now, before.getKey(), before.getValue())));
                }
            }
        }
        return told;
    }

    /** The growth of each hour by the rule as docs/adr has it. */
    private static Map<Integer, String> plainly(TreeMap<Integer, Long> plays, boolean begun) {
        Map<Integer, String> grown = new HashMap<>();
        int base = plays.firstKey();
        boolean away = false;
        for (Map.Entry<Integer, Long> hour : plays.tailMap(base, false).entrySet()) {
            long was = plays.get(base);
            long now = hour.getValue();
            boolean fallen = was >= 1_000 && now * 2 < was;
            boolean gone = now == 0 || hour.getKey() - base < 24;
            away = now < was && (away ? gone : fallen);
            boolean unclear = away && now * 2 >= was || was == 0 && now >= 1_000 && !begun;
            grown.put(hour.getKey(), (unclear ? 0 : now - was) + (away ? " away" : ""));
            base = away ? base : hour.getKey();
        }
        return grown;
    }

    /** The hours of a post from 0 on, each closed before the next. */
    private void plays(String aweme, long... counts) throws Exception {
        for (int i = 1; i < counts.length; i++) {
            hour(aweme, i, counts[i], i - 1, counts[i - 1]);
            watermark((i + 1) * HOUR);
        }
    }

    private void begin(String aweme, long start) throws Exception {
        eval(StringData.fromString(aweme), TimestampData.fromEpochMillis(start * HOUR), 0L, null, null, null, null);
    }

    /** What the newest row of each hour of a post compares, and over how long. */
    private List<String> grown(String aweme) {
        TreeMap<Long, String> newest = new TreeMap<>();
        for (RowData row : rows) {
            long hour = row.getTimestamp(1, 3).getMillisecond() / HOUR;
            if (row.getString(0).toString().equals(aweme)) {
                assertEquals(row.getLong(3) - row.getLong(4), row.getLong(7));
                assertEquals((row.getTimestamp(2, 3).getMillisecond() - row.getTimestamp(5, 3).getMillisecond()) / HOUR, row.getShort(6));
                newest.put(hour, hour + ": " + row.getLong(3) + " - " + row.getLong(4) + ", " + row.getShort(6) + " h" + (row.getBoolean(18) ? ", away" : ""));
            }
        }
        return List.copyOf(newest.values());
    }

    private void forget() {
        author.clear();
        posts.clear();
        waiting.clear();
        moments.clear();
        alerted.clear();
    }

    private interface Throwing {
        void run() throws Exception;
    }

    private static void unchecked(Throwing action) {
        try {
            action.run();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void hour(String aweme, long start, long plays, long prevStart, long prevPlays) throws Exception {
        eval(
                StringData.fromString(aweme),
                TimestampData.fromEpochMillis(start * HOUR),
                plays,
                TimestampData.fromEpochMillis(prevStart * HOUR),
                prevPlays,
                null,
                null);
    }

    /** An observation that gained {@code delta} plays in the last 30 minutes. */
    private void moment(String aweme, long at, long delta) throws Exception {
        eval(StringData.fromString(aweme), null, 1_000 + delta, TimestampData.fromEpochMillis(at - HOUR / 2), 1_000L, null, at);
    }

    private void snapshot(long at, long followers) throws Exception {
        eval(null, null, null, null, null, followers, at);
    }

    private void eval(Object... columns) throws Exception {
        GenericRowData row = new GenericRowData(8);
        row.setField(0, StringData.fromString("author"));
        for (int i = 0; i < columns.length; i++) {
            row.setField(i + 1, columns[i]);
        }
        function.eval(clock, author, posts, waiting, moments, alerted, row);
    }

    private void watermark(long to) throws Exception {
        clock.advance(to, () -> function.onTimer(clock, author, posts, waiting, moments, alerted));
    }

    private List<String> said() {
        List<String> lines = rows.stream().map(PostGrowthTest::line).toList();
        rows.clear();
        return lines;
    }

    private static String line(RowData row) {
        if (row.getString(20).toString().equals("momentum")) {
            assertEquals(row.getTimestamp(2, 3).getMillisecond() - HOUR / 2, row.getTimestamp(1, 3).getMillisecond());
            return row.getString(0)
                    + " takes off at "
                    + row.getTimestamp(2, 3).getMillisecond() / MINUTE
                    + " by "
                    + row.getDouble(8)
                    + " of "
                    + row.getDouble(12)
                    + ", "
                    + row.getString(11);
        }
        String alert = row.getBoolean(15) ? " alert" : row.getBoolean(16) ? " alerted" : "";
        return row.getString(0)
                + " "
                + row.getTimestamp(1, 3).getMillisecond() / HOUR
                + ": "
                + row.getLong(7)
                + " by "
                + (row.isNullAt(9) ? "null" : row.getLong(9))
                + " "
                + row.getString(11)
                + " "
                + row.getBoolean(14)
                + alert
                + ", revision "
                + row.getLong(17)
                + (row.isNullAt(19) ? "" : ", early at " + row.getTimestamp(19, 3).getMillisecond() / MINUTE);
    }
}
