package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tokpulse.flink.thresholds.Bases;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** One post's observations as they are read. Times in the rows are minutes; 50 plays an hour and three observations are enough. */
class PostMomentumTest {

    private static final long MINUTE = 60_000;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;

    private final PostMomentum function = new PostMomentum();
    private final PostMomentum.Known known = new PostMomentum.Known();
    private final HandClock clock = new HandClock(() -> known.window = null);
    private final Collected<RowData> rows = new Collected<>();

    @BeforeEach
    void open() {
        function.open(DAY, Versions.one());
        function.setCollector(rows);
    }

    @Test
    void theBaseIsTheNewestObservationOfHalfAnHourBefore() throws Exception {
        see(0, 100);
        see(25, 110);
        see(45, 124);
        assertEquals(List.of(), said(), "24 in 45 minutes is not enough");
        see(55, 135);
        assertEquals(List.of("55: 135 - 110 of 25"), said());
    }

    @Test
    void aBaseIsThirtyToSixtyMinutesOld() throws Exception {
        see(0, 100);
        see(20, 100);
        seeAt(30 * MINUTE - 1, 900);
        assertEquals(List.of(), said());
        see(31, 900);
        assertEquals(List.of("31: 900 - 100 of 0"), said());
        see(120, 5_000);
        see(150, 9_000);
        assertEquals(List.of(), said(), "two observations in the last hour");
        see(165, 9_001);
        assertEquals(List.of("165: 9001 - 5000 of 120"), said());
        see(300, 10_000);
        see(345, 10_000);
        see(350, 10_000);
        see(360, 12_000);
        assertEquals(List.of("360: 12000 - 10000 of 300"), said());
        see(600, 20_000);
        see(645, 20_000);
        see(650, 20_000);
        seeAt(660 * MINUTE + 1, 30_000);
        assertEquals(List.of(), said());
    }

    @Test
    void whatIsNotNewerIsNotJudged() throws Exception {
        see(0, 100);
        see(40, 100);
        see(35, 900);
        see(40, 900);
        assertEquals(List.of(), said());
        see(65, 920);
        assertEquals(List.of(), said(), "20 in half an hour since the late one");
    }

    @Test
    void aLateObservationIsABase() throws Exception {
        see(0, 100);
        see(20, 100);
        see(59, 100);
        see(25, 500);
        see(60, 600);
        assertEquals(List.of("60: 600 - 500 of 25"), said());
    }

    @Test
    void observationsLessThanHalfAMinuteApartAreOne() throws Exception {
        seeAt(0, 100);
        seeAt(1, 100);
        seeAt(29_999, 100);
        see(30, 900);
        assertEquals(List.of(), said(), "two observations");
        seeAt(30 * MINUTE + 1, 901);
        assertEquals(List.of(), said(), "still two");
        seeAt(30 * MINUTE + 30_000, 902);
        assertEquals(List.of("30: 902 - 100 of 0"), said());
    }

    @Test
    void aDipIsNoBaseAndSoItsRecoveryIsNoGain() throws Exception {
        see(0, 900);
        see(10, 600);
        see(20, 600);
        see(40, 600);
        see(45, 910);
        assertEquals(List.of(), said());
        see(60, 940);
        assertEquals(List.of(), said(), "40 in an hour since the most before the dip");
        see(75, 980);
        assertEquals(List.of("75: 980 - 910 of 45"), said());
    }

    @Test
    void aCounterThatVanishesAndReturnsGainsNothing() throws Exception {
        for (long low : new long[] {0, 12}) {
            known.window = null;
            see(0, 5_000_000);
            see(10, low);
            see(40, low);
            see(50, 5_000_010);
            see(80, 5_000_020);
            see(85, 5_000_030);
            assertEquals(List.of(), said());
            see(110, 5_000_100);
            assertEquals(List.of("110: 5000100 - 5000020 of 80"), said());
        }
    }

    @Test
    void aCounterOnItsWayBackGainsNothing() throws Exception {
        see(0, 5_000_000);
        see(10, 12);
        for (int i = 1; i < 10; i++) {
            see(10 + 15 * i, 500_000 * i);
        }
        assertEquals(List.of(), said());
    }

    @Test
    void aLossIsABaseAfterADay() throws Exception {
        see(0, 5_000);
        for (int i = 1; i <= 24 * 6 + 2; i++) {
            see(10 * i, 100);
        }
        see(24 * 60 + 30, 200);
        assertEquals(List.of("1470: 200 - 100 of 1440"), said());
    }

    @Test
    void zeroIsNoBaseOfALargeCountUnlessThePostWasSeenToBegin() throws Exception {
        see(0, 0);
        see(15, 0);
        see(31, 999);
        assertEquals(List.of("31: 999 - 0 of 0"), said());
        known.window = null;
        see(100, 0);
        see(115, 0);
        see(131, 1_000);
        assertEquals(List.of(), said());
        known.window = null;
        see(200, 0);
        see(215, 0);
        begin(190);
        see(231, 1_000);
        assertEquals(List.of("231: 1000 - 0 of 200"), said());
    }

    @Test
    void aPostIsForgottenAMonthAfterItsNewestObservation() throws Exception {
        see(0, 100);
        see(20 * 24 * 60, 100);
        clock.advance(51 * DAY, () -> function.onTimer(clock, known));
        assertFalse(clock.forgot());
        clock.advance(52 * DAY, () -> function.onTimer(clock, known));
        assertTrue(clock.forgot());
    }

    @Test
    void aPostThatWasNotSeenForAMonthIsNewWhateverTheWatermarkSays() throws Exception {
        begin(0);
        see(15, 0);
        long later = 32 * 24 * 60;
        see(later, 0);
        see(later + 15, 0);
        see(later + 31, 2_000);
        assertEquals(List.of(), said(), "nobody saw it begin now");
    }

    /** Whatever comes, in whatever order: what leaves is what a plain recomputation over all that was kept gives. */
    @RepeatedTest(300)
    void anyOrderGivesWhatTheRuleSays(RepetitionInfo repetition) throws Exception {
        Random random = new Random(repetition.getCurrentRepetition());
        Plainly plainly = new Plainly();
        List<String> wanted = new ArrayList<>();
        long time = random.nextLong(HOUR);
        long plays = random.nextBoolean() ? 0 : random.nextLong(3_000);
        for (int i = 0; i < 200; i++) {
            time += random.nextInt(20) == 0 ? random.nextLong(2 * DAY) : random.nextLong(20 * MINUTE);
            plays += random.nextLong(plays / 5 + 20);
            long at = random.nextInt(5) == 0 ? Math.max(0, time - random.nextLong(2 * HOUR)) : time;
            long shown = plays;
            if (random.nextInt(6) == 0) {
                shown = new long[] {0, 12, plays / 3, plays / 2, plays - plays / 4}[random.nextInt(5)];
            }
            boolean begins = shown == 0 && random.nextInt(4) == 0;
            observe(at, shown, begins);
            String line = plainly.observe(at, shown, begins);
            if (line != null) {
                wanted.add(line);
            }
        }
        assertEquals(wanted, said());
    }

    /** The rule as docs/adr has it, over a list of all that was ever kept. */
    private static final class Plainly {

        private final TreeMap<Long, Long> kept = new TreeMap<>();
        private long newest = Long.MIN_VALUE;
        private boolean begun;

        String observe(long at, long plays, boolean begins) {
            begun |= begins;
            Long before = kept.floorKey(at);
            Long after = kept.ceilingKey(at);
            boolean apart = (before == null || at - before >= 30_000) && (after == null || after - at >= 30_000);
            boolean isNewest = at > newest;
            String line = isNewest ? judge(at, plays, apart) : null;
            newest = Math.max(newest, at);
            if (apart && at >= newest - HOUR) {
                kept.put(at, plays);
            }
            return line;
        }

        private String judge(long at, long plays, boolean apart) {
            TreeMap<Long, Long> all = new TreeMap<>(kept);
            all.put(at, plays);
            Long base = null;
            boolean away = false;
            long most = 0;
            Long found = null;
            int observations = apart ? 0 : -1;
            for (Map.Entry<Long, Long> seen : all.entrySet()) {
                long time = seen.getKey();
                long count = seen.getValue();
                long was = base == null ? 0 : all.get(base);
                away = base != null && !Bases.holds(time, count, base, was, away);
                if (away) {
                    continue;
                }
                most = base != null && was >= 1_000 && count * 2 < was ? count : Math.max(most, count);
                base = time;
                observations += time >= at - HOUR ? 1 : 0;
                found = time <= at - HOUR / 2 && time >= at - HOUR && count == most ? (Long) time : found;
            }
            if (away || found == null || observations < 3 || all.get(found) == 0 && plays >= 1_000 && !begun) {
                return null;
            }
            double perHour = (plays - all.get(found)) * 3_600_000.0 / (at - found);
            return perHour >= 50 ? text(at, plays, all.get(found), found) : null;
        }
    }

    private static String text(long at, long plays, long base, long baseAt) {
        return at / MINUTE + ": " + plays + " - " + base + " of " + baseAt / MINUTE;
    }

    private void see(long minutes, long plays) throws Exception {
        seeAt(minutes * MINUTE, plays);
    }

    private void seeAt(long at, long plays) throws Exception {
        observe(at, plays, false);
    }

    private void begin(long minutes) throws Exception {
        observe(minutes * MINUTE, 0, true);
    }

    private void observe(long at, long plays, boolean begins) throws Exception {
        function.eval(
                clock,
                known,
                GenericRowData.of(StringData.fromString("p"), StringData.fromString("author"), plays, at, begins));
    }

    private List<String> said() {
        List<String> lines =
                rows.stream()
                        .map(row -> text(row.getLong(1), row.getLong(2), row.getLong(4), row.getTimestamp(3, 3).getMillisecond()))
                        .toList();
        rows.clear();
        return lines;
    }
}
