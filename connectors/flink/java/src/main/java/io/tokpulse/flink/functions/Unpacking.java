package io.tokpulse.flink.functions;

import java.util.Arrays;

/** Reads what {@link Packing} wrote, in the same order. Reused for value after value. */
final class Unpacking {

    private byte[] bytes;
    private int at;

    void reset(byte[] packed) {
        bytes = packed;
        at = 0;
    }

    boolean hasMore() {
        return at < bytes.length;
    }

    long number() {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes[at++];
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    long signed() {
        long value = number();
        return (value >>> 1) ^ -(value & 1);
    }

    byte[] text() {
        int length = (int) number();
        at += length;
        return Arrays.copyOfRange(bytes, at - length, at);
    }
}
