package io.tokpulse.flink.avro;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Checks text without decoding it. Flink keeps strings as bytes and would pass invalid ones on, until a Python
 * function or a sink that insists on UTF-8 fails over them and takes the job with it.
 */
final class Utf8 {

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NOT_ASCII = 0x8080808080808080L;

    private Utf8() {}

    /** Whether {@code bytes[from, to)} is UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
    static boolean isValid(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            while (at + Long.BYTES <= to && ((long) LONG.get(bytes, at) & NOT_ASCII) == 0) {
                at += Long.BYTES;
            }
            while (at < to && bytes[at] >= 0) {
                at++;
            }
            while (at < to && bytes[at] < 0) {
                int length = sequenceLength(bytes, at, to);
                if (length == 0) {
                    return false;
                }
                at += length;
            }
        }
        return true;
    }

    /** Bytes of the valid multi-byte sequence at {@code at}, or 0. */
    private static int sequenceLength(byte[] bytes, int at, int to) {
        int lead = bytes[at] & 0xFF;
        int second = at + 1 < to ? bytes[at + 1] & 0xFF : 0;
        if (lead < 0xC2 || lead > 0xF4 || second >>> 6 != 2) {
            return 0;
        }
        if (lead < 0xE0) {
            return 2;
        }
        if (!isContinuation(bytes, at + 2, to)) {
            return 0;
        }
        if (lead < 0xF0) {
            boolean overlong = lead == 0xE0 && second < 0xA0;
            boolean surrogate = lead == 0xED && second > 0x9F;
            return overlong || surrogate ? 0 : 3;
        }
        boolean overlong = lead == 0xF0 && second < 0x90;
        boolean beyond = lead == 0xF4 && second > 0x8F;
        return overlong || beyond || !isContinuation(bytes, at + 3, to) ? 0 : 4;
    }

    private static boolean isContinuation(byte[] bytes, int at, int to) {
        return at < to && (bytes[at] & 0xC0) == 0x80;
    }
}
