package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LeavesWindowTest {

    private static final long HOUR = 3_600_000;
    private static final long NEVER = Long.MIN_VALUE;

    @Test
    void aRowLeavesWhenItsHourHasFired() {
        assertFalse(LeavesWindow.leaves(HOUR / 2, HOUR - 2, HOUR, NEVER));
        assertTrue(LeavesWindow.leaves(HOUR / 2, HOUR - 1, HOUR, NEVER));
        assertFalse(LeavesWindow.leaves(HOUR, HOUR, HOUR, NEVER));
    }

    @Test
    void freshStateWithoutWatermarkKeepsEveryRow() {
        assertFalse(LeavesWindow.leaves(0, NEVER, HOUR, NEVER));
    }

    @Test
    void inDoubtEveryRowLeavesUntilTheWatermarkHasPassedTheHourOfTheBound() {
        long bound = 10 * HOUR + 5;
        assertTrue(LeavesWindow.leaves(20 * HOUR, NEVER, HOUR, bound));
        assertTrue(LeavesWindow.leaves(20 * HOUR, 11 * HOUR - 2, HOUR, bound));
        assertFalse(LeavesWindow.leaves(20 * HOUR, 11 * HOUR - 1, HOUR, bound));
    }

    @Test
    void boundsOfOneHourAgreeHoweverManyMillisecondsApart() {
        for (long bound : new long[] {10 * HOUR, 10 * HOUR + 1, 11 * HOUR - 1}) {
            assertEquals(true, LeavesWindow.leaves(20 * HOUR, 11 * HOUR - 2, HOUR, bound));
            assertEquals(false, LeavesWindow.leaves(20 * HOUR, 11 * HOUR - 1, HOUR, bound));
        }
    }

    @Test
    void eventTimesBeforeTheEpochHaveAnHourToo() {
        assertFalse(LeavesWindow.leaves(-1, -2, HOUR, NEVER));
        assertTrue(LeavesWindow.leaves(-1, -1, HOUR, NEVER));
    }
}
