package io.tokpulse.flink.watermark;

import static io.tokpulse.flink.watermark.HandTask.IDLE;
import static io.tokpulse.flink.watermark.HandTask.SETTLE;
import static io.tokpulse.flink.watermark.HandTask.TICK;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tokpulse.flink.watermark.HandTask.Log;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A task that was wholly idle says that it is awake, and goes on when the others are. */
class SettlingTest {

    private static final long SILENCE = IDLE + 5 * TICK;

    private final HandTask task = new HandTask();

    @Test
    void withoutSilenceNothingIsHeldBack() {
        Log log = task.log();
        log.read(10_000);
        task.pass(TICK);
        log.read(20_000);
        task.pass(TICK);
        assertEquals(List.of("9999", "19999"), task.said());
    }

    @Test
    void afterSilenceTheTaskSaysThatItIsAwakeAndMovesOnWhenSettled() {
        Log log = task.log();
        log.read(10_000);
        task.pass(SILENCE);
        log.read(90_000);
        task.pass(TICK);
        assertEquals(List.of("9999", "idle", "active", "10000"), task.said());
        task.pass(SETTLE - TICK);
        assertEquals("10000", task.last());
        task.pass(TICK);
        assertEquals("89999", task.last());
    }

    @Test
    void onlyATaskThatWasWhollyIdleSettles() {
        Log quiet = task.log();
        Log busy = task.log();
        quiet.read(10_000);
        long time = 10_000;
        for (; time < 10_000 + 2 * IDLE; time += TICK) {
            busy.read(time);
            task.pass(TICK);
        }
        quiet.read(90_000);
        busy.read(91_000);
        task.pass(TICK);
        assertEquals("89999", task.last());
    }

    @Test
    void everyPartitionStandsStillWhileTheTaskSettles() {
        Log one = task.log();
        Log other = task.log();
        one.read(50_000);
        other.read(10_000);
        task.pass(SILENCE);
        one.read(90_000);
        task.pass(SETTLE / 2);
        other.read(91_000);
        task.pass(TICK);
        assertEquals(List.of("9999", "49999", "idle", "active", "50000"), task.said());
        task.pass(SETTLE / 2);
        assertEquals("89999", task.last());
    }

    @Test
    void eachSilenceIsSettledAnew() {
        Log log = task.log();
        for (long time : new long[] {10_000, 60_000, 120_000}) {
            log.read(time);
            task.pass(SETTLE + SILENCE);
        }
        assertEquals(
                List.of("9999", "idle", "active", "10000", "59999", "idle", "active", "60000", "119999", "idle"), task.said());
    }

    @Test
    void aRecordFromBeforeTheSilenceMovesNothing() {
        Log log = task.log();
        log.read(10_000);
        task.pass(SILENCE);
        log.read(5_000);
        task.pass(SETTLE + TICK);
        assertEquals(List.of("9999", "idle", "active"), task.said());
    }

    @Test
    void timeInWhichTheProcessStoodStillIsNoTimeToWake() {
        Log log = task.log();
        log.read(10_000);
        task.pass(SILENCE);
        log.read(90_000);
        task.pass(TICK);
        task.stop(IDLE);
        task.pass(TICK);
        assertEquals("10000", task.last());
        task.pass(SETTLE);
        assertEquals("89999", task.last());
    }

    /** Another task of the process may have been idle when it stopped, and have records to read now. */
    @Test
    void afterAStopNoTaskGoesOnBeforeTheOthersAreAwake() {
        Log log = task.log();
        log.read(10_000);
        task.pass(TICK);
        task.stop(IDLE / 2);
        log.read(90_000);
        task.pass(TICK);
        assertEquals("10000", task.last());
        task.pass(SETTLE);
        assertEquals("89999", task.last());
    }

    /** A task whose every step takes long must get on all the same. */
    @Test
    void stopsInARowDoNotHoldTheWatermarkForEver() {
        Log log = task.log();
        for (int step = 0; step < 20; step++) {
            log.read(100_000 + step);
            task.stop(IDLE / 2);
            task.pass(TICK);
        }
        assertEquals(100_018, Long.parseLong(task.last()), 3);
    }

    @Test
    void noSettleTimeIsFlinksOwnBehaviour() {
        HandTask plain = new HandTask(new Patience(IDLE, 0));
        Log log = plain.log();
        log.read(10_000);
        plain.pass(SILENCE);
        log.read(90_000);
        plain.pass(TICK);
        assertEquals(List.of("9999", "idle", "active", "89999"), plain.said());
    }
}
