package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** One post's observations, under a watermark that the test moves. Times in the rows are whole hours. */
class HourlyMaximaTest {

    private static final long HOUR = 3_600_000;
    private static final long DAY = 24 * HOUR;

    private final HourlyMaxima function = new HourlyMaxima();
    private final HourlyMaxima.Known known = new HourlyMaxima.Known();
    private final HandClock clock = new HandClock(() -> known.hours = null);
    private final Collected<RowData> rows = new Collected<>();

    @BeforeEach
    void open() {
        function.open(DAY);
        function.setCollector(rows);
    }

    @Test
    void anHourLeavesOnceWhenTheWatermarkHasPassedIt() throws Exception {
        observe(10, 5);
        observe(20, 9);
        observe(30, 7);
        assertEquals(List.of(), said());
        watermark(HOUR - 2);
        assertEquals(List.of(), said());
        watermark(HOUR - 1);
        assertEquals(List.of("closed 0: 9, counted 3"), said());
        watermark(5 * HOUR);
        assertEquals(List.of(), said());
    }

    @Test
    void growthIsFromTheLastEarlierHour() throws Exception {
        observe(0, 5);
        observe(3 * HOUR, 50);
        watermark(4 * HOUR);
        assertEquals(List.of("closed 0: 5, counted 1", "closed 3: 50 after 5 of 0, counted 1"), said());
    }

    @Test
    void aLateObservationChangesItsHourAndTheNext() throws Exception {
        observe(0, 5);
        observe(HOUR, 50);
        watermark(2 * HOUR);
        said();
        observe(10, 8);
        assertEquals(List.of("late 0: 8, late 1", "growth 0: 8", "growth 1: 50 after 8 of 0"), said());
        observe(11, 7);
        assertEquals(List.of("late 0: 7, late 1"), said(), "nothing grew, but other counters may have");
    }

    @Test
    void aLateHourComesBetween() throws Exception {
        observe(0, 5);
        observe(2 * HOUR, 50);
        watermark(3 * HOUR);
        said();
        observe(HOUR, 20);
        assertEquals(List.of("late 1: 20, late 1", "growth 1: 20 after 5 of 0", "growth 2: 50 after 20 of 1"), said());
    }

    @Test
    void aRestartForgetsTheWatermarkButNotWhatHasClosed() throws Exception {
        observe(0, 5);
        observe(HOUR, 6);
        watermark(HOUR);
        said();
        clock.restart();
        observe(1, 7);
        assertEquals(List.of("late 0: 7, late 1", "growth 0: 7"), said());
        watermark(2 * HOUR);
        assertEquals(List.of("closed 1: 6 after 7 of 0, counted 1"), said());
    }

    @Test
    void beyondTheBoundOnlyMaximaChange() throws Exception {
        observe(0, 5);
        observe(30 * HOUR, 50);
        watermark(31 * HOUR);
        said();
        observe(HOUR, 20);
        assertEquals(List.of("beyond 1: 20, beyond 1"), said());
        observe(7 * HOUR, 20);
        assertEquals(List.of("late 7: 20, late 1", "growth 7: 20 after 5 of 0", "growth 30: 50 after 20 of 7"), said());
    }

    @Test
    void stateIsAMatterOfHoursNotOfObservations() throws Exception {
        for (int hour = 0; hour < 100; hour++) {
            for (int minute = 0; minute < 60; minute++) {
                observe(hour * HOUR + minute * 60_000L, 1_000_000 + hour * 1_000L + minute);
            }
            watermark(hour * HOUR - 120_000);
        }
        int many = known.hours.length;
        assertTrue(many < 200, "bytes of a post with a full day: " + many);
    }

    @Test
    void anIdlePostKeepsItsNewestHourAMonthAndIsThenMetAnew() throws Exception {
        for (int hour = 0; hour < 20; hour++) {
            observe(hour * HOUR, hour);
        }
        watermark(20 * HOUR);
        int all = known.hours.length;
        watermark(20 * HOUR + DAY);
        assertTrue(known.hours.length < all / 4, known.hours.length + " of " + all + " bytes");
        said();
        observe(19 * HOUR + 31 * DAY, 25);
        watermark(20 * HOUR + 31 * DAY);
        assertEquals(List.of("closed 763: 25 after 19 of 19, counted 1"), said());
        watermark(20 * HOUR + 63 * DAY - 1);
        assertFalse(clock.forgot());
        watermark(20 * HOUR + 63 * DAY);
        assertTrue(clock.forgot());
        observe(70 * DAY, 30);
        watermark(71 * DAY + DAY);
        assertEquals(List.of("closed 1680: 30, counted 1"), said());
        watermark(110 * DAY);
        assertTrue(clock.forgot(), "it has a timer again");
    }

    @Test
    void anHourOfMoreThanAMonthBeforeDoesNotCountWhetherItIsStillKnownOrNot() throws Exception {
        observe(0, 5);
        observe(31 * DAY + HOUR, 9);
        watermark(32 * DAY);
        assertEquals(List.of("closed 0: 5, counted 1", "closed 745: 9, counted 1"), said());
    }

    @Test
    void anHourHasTheMaximumOfEachCounterThatItsObservationsHad() throws Exception {
        observe(10, 5L, 9L, null);
        observe(20, 7L, 2L, null);
        observe(HOUR, 8L, 9L, null);
        observe(HOUR + 1, 8L, 9L, 0L);
        observe(HOUR + 2, 8L, 9L, null);
        watermark(2 * HOUR);
        assertEquals(List.of(Arrays.asList(7L, 9L, null), List.of(8L, 9L, 0L)), counted());
        observe(11, 6L, 10L, 3L);
        observe(12, 9L, 1L, null);
        assertEquals(
                List.of(List.of(6L, 10L, 3L), Arrays.asList(9L, 1L, null), List.of(9L, 0L, 0L), List.of(8L, 0L, 0L)),
                counted());
    }

    @Test
    void aFurtherCounterIsUnknownInHoursFromBeforeIt() throws Exception {
        observe(10, 5L, 9L);
        observe(HOUR, 6L, 9L);
        observe(HOUR + 10, 4L, 10L, 2L);
        watermark(2 * HOUR);
        assertEquals(List.of(Arrays.asList(5L, 9L, null), List.of(6L, 10L, 2L)), counted());
    }

    /** Whatever the order and the watermarks: what readers make of the rows is what a plain recomputation gives. */
    @RepeatedTest(200)
    void anyOrderGivesTheSame(RepetitionInfo repetition) throws Exception {
        Random random = new Random(repetition.getCurrentRepetition());
        List<long[]> observations = new ArrayList<>();
        int count = 1 + random.nextInt(60);
        for (int i = 0; i < count; i++) {
            observations.add(new long[] {random.nextLong(20 * HOUR), random.nextInt(50)});
        }
        Collections.shuffle(observations, random);
        for (long[] observation : observations) {
            observe(observation[0], observation[1]);
            if (random.nextInt(4) == 0) {
                watermark(random.nextLong(20 * HOUR));
            }
            if (random.nextInt(20) == 0) {
                clock.restart();
            }
        }
        watermark(Long.MAX_VALUE);

        Map<Long, Long> wanted = new TreeMap<>();
        observations.forEach(one -> wanted.merge(one[0] / HOUR, one[1], Math::max));
        Map<Long, Long> maxima = new TreeMap<>();
        Map<Long, String> growth = new TreeMap<>();
        long accounted = 0;
        for (RowData row : rows) {
            long hour = row.getTimestamp(2, 3).getMillisecond() / HOUR;
            String kind = row.getString(0).toString();
            if (!kind.equals("growth")) {
                maxima.merge(hour, row.getArray(3).getLong(0), Math::max);
            }
            if (kind.equals("closed") || kind.equals("growth")) {
                growth.put(hour, row.isNullAt(4) ? "first" : row.getArray(3).getLong(0) + " after " + row.getLong(5));
            }
            accounted += row.getLong(6) + row.getLong(7) + row.getLong(8);
        }
        assertEquals(wanted, maxima);
        Map<Long, String> wantedGrowth = new TreeMap<>();
        Long before = null;
        for (Map.Entry<Long, Long> hour : wanted.entrySet()) {
            wantedGrowth.put(hour.getKey(), before == null ? "first" : hour.getValue() + " after " + before);
            before = hour.getValue();
        }
        assertEquals(wantedGrowth, growth);
        assertEquals(count, accounted);
    }

    private void observe(long at, long plays) {
        observe(at, plays, 1L, 2L, 3L, 6L);
    }

    private void observe(long at, Long... counters) {
        StringData id = StringData.fromString("1");
        function.eval(clock, known, GenericRowData.of(id, id, new GenericArrayData(counters), at));
    }

    /** The counters of each row. */
    private List<List<Long>> counted() {
        List<List<Long>> found = new ArrayList<>();
        for (RowData row : rows) {
            ArrayData counters = row.getArray(3);
            List<Long> values = new ArrayList<>();
            for (int i = 0; i < counters.size(); i++) {
                values.add(counters.isNullAt(i) ? null : (Long) counters.getLong(i));
            }
            found.add(values);
        }
        rows.clear();
        return found;
    }

    private void watermark(long to) throws Exception {
        clock.advance(to, () -> function.onTimer(clock, known));
    }

    private List<String> said() {
        List<String> lines = rows.stream().map(HourlyMaximaTest::line).toList();
        rows.clear();
        return lines;
    }

    private static String line(RowData row) {
        String text = row.getString(0) + " " + row.getTimestamp(2, 3).getMillisecond() / HOUR + ": " + row.getArray(3).getLong(0);
        if (!row.isNullAt(4)) {
            text += " after " + row.getLong(5) + " of " + row.getTimestamp(4, 3).getMillisecond() / HOUR;
        }
        String[] names = {"counted", "late", "beyond"};
        for (int i = 0; i < names.length; i++) {
            text += row.getLong(6 + i) == 0 ? "" : ", " + names[i] + " " + row.getLong(6 + i);
        }
        return text;
    }
}
