package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
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

    private final PostGrowth function = new PostGrowth();
    private final MapView<String, byte[]> author = new MapView<>();
    private final MapView<Long, byte[]> waiting = new MapView<>();
    private final MapView<String, byte[]> posts = new MapView<>();
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

    /** Whatever the order and the watermarks: the newest rows are what a plain recomputation gives, and each alert is sent once. */
    @RepeatedTest(200)
    void anyOrderGivesTheSame(RepetitionInfo repetition) throws Exception {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Runnable> arrivals = new ArrayList<>();
        TreeMap<Long, Long> snapshots = new TreeMap<>();
        Map<String, String> wanted = new HashMap<>();
        for (int i = 0; i < random.nextInt(8); i++) {
            long at = random.nextLong(20 * HOUR);
            long count = random.nextInt(2_000);
            snapshots.merge(at, count, Math::max);
            arrivals.add(() -> unchecked(() -> snapshot(at, count)));
        }
        for (int post = 0; post < 3; post++) {
            String aweme = "p" + post;
            for (int hour = 1; hour < 20; hour += 1 + random.nextInt(3)) {
                int start = hour;
                long plays = random.nextInt(1_000);
                arrivals.add(() -> unchecked(() -> hour(aweme, start, plays, start - 1, 100)));
                Map.Entry<Long, Long> latest = snapshots.floorEntry((start + 1) * HOUR - 1);
                wanted.put(
                        aweme + " " + start,
                        plays - 100 + " by " + (latest == null ? "null" : latest.getValue()));
            }
        }
        Collections.shuffle(arrivals, random);
        for (Runnable arrival : arrivals) {
            arrival.run();
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
            newest.put(key, row.getLong(7) + " by " + (row.isNullAt(9) ? "null" : row.getLong(9)));
            alerts.merge(key, row.getBoolean(15) ? 1 : 0, Integer::sum);
        }
        assertEquals(wanted, newest);
        alerts.forEach((key, sent) -> assertEquals(Math.min(sent, 1), sent, key));
    }

    private void forget() {
        author.clear();
        posts.clear();
        waiting.clear();
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

    private void snapshot(long at, long followers) throws Exception {
        eval(null, null, null, null, null, followers, at);
    }

    private void eval(Object... columns) throws Exception {
        GenericRowData row = new GenericRowData(8);
        row.setField(0, StringData.fromString("author"));
        for (int i = 0; i < columns.length; i++) {
            row.setField(i + 1, columns[i]);
        }
        function.eval(clock, author, posts, waiting, row);
    }

    private void watermark(long to) throws Exception {
        clock.advance(to, () -> function.onTimer(clock, author, posts, waiting));
    }

    private List<String> said() {
        List<String> lines = rows.stream().map(PostGrowthTest::line).toList();
        rows.clear();
        return lines;
    }

    private static String line(RowData row) {
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
                + row.getLong(17);
    }
}
