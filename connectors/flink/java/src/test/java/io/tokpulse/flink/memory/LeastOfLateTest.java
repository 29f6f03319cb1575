package io.tokpulse.flink.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LeastOfLateTest {

    private final LeastOfLate values = new LeastOfLate(100);

    @Test
    void theLeastCountsUntilItIsTooOld() {
        assertEquals(Double.NaN, values.least(0));
        values.add(0, 0.5);
        values.add(10, 0.9);
        values.add(20, 0.7);
        assertEquals(0.5, values.least(100));
        assertEquals(0.7, values.least(101));
        values.add(110, 0.6);
        assertEquals(0.6, values.least(110));
    }

    @Test
    void theNewestStaysWhenNothingComes() {
        values.add(0, 0.5);
        values.add(10, 0.9);
        assertEquals(0.9, values.least(10_000));
    }

    @Test
    void aShortTimeSaysLittle() {
        assertFalse(values.isCertain(1_000));
        values.add(0, 0.9);
        values.add(50, 0.9);
        assertFalse(values.isCertain(99));
        values.add(100, 0.9);
        assertTrue(values.isCertain(100));
        values.add(500, 0.9);
        assertFalse(values.isCertain(500), "one value in all that time");
    }
}
