package io.tokpulse.flink.avro;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.table.api.DataTypes;
import org.junit.jupiter.api.Test;

class BrakeTest {

    private static Brake brake(long consecutive, double ratio, long block) {
        return new Brake(new Brake.Limits(consecutive, ratio, block), "n.R");
    }

    @Test
    void badRecordsInARowStopTheJobAndSayWhatToDo() {
        Brake brake = brake(3, 0, 100);
        brake.bad("bad_magic: x");
        brake.bad("bad_magic: x");
        brake.good();
        brake.bad("bad_magic: x");
        brake.bad("bad_magic: x");
        var stop = assertThrows(SuppressRestartsException.class, () -> brake.bad("truncated: y"));
        String message = stop.getCause().getMessage();
        for (String part : new String[] {"3 bad records in a row", "n.R", "truncated: y", "stop-after-consecutive"}) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void aBlockThatIsMostlyBadStopsTheJobWhicheverRecordEndsIt() {
        Brake brake = brake(0, 0.5, 4);
        for (int block = 0; block < 3; block++) {
            brake.bad("x");
            brake.bad("x");
            brake.good();
            brake.good();
        }
        brake.bad("x");
        brake.bad("x");
        brake.bad("x");
        var stop = assertThrows(SuppressRestartsException.class, brake::good);
        assertTrue(stop.getCause().getMessage().contains("3 bad records among the last 4"));
    }

    @Test
    void theMessageNamesTheInputOrElseTheRecord() {
        String reader = Fixture.record("{'name':'a','type':'long'}");
        for (String name : new String[] {"some.topic", null}) {
            Fixture decoder = Fixture.stoppingAtOnce(reader, name, DataTypes.FIELD("a", DataTypes.BIGINT()));
            var stop = assertThrows(SuppressRestartsException.class, () -> decoder.read(new byte[] {1}));
            String message = stop.getCause().getMessage();
            assertTrue(message.contains("while reading " + (name != null ? name : "n.R") + " in one subtask"), message);
        }
    }

    @Test
    void zeroSwitchesItOff() {
        Brake brake = brake(0, 0, 10);
        assertDoesNotThrow(() -> {
            for (int i = 0; i < 1000; i++) {
                brake.bad("x");
            }
        });
    }
}
