package io.tokpulse.flink.functions;

import java.util.Arrays;

/**
 * Writes whole numbers and byte strings one after the other, small numbers in few bytes. Reused for value after value.
 *
 * <p>Nothing in the bytes says what they are of: a function whose state is packed in another way than before needs another {@code uid}
 * where SQL calls it.
 */
final class Packing {

    private byte[] bytes = new byte[256];
    private int size;

    void reset() {
        size = 0;
    }

    /** A number from 0 up: seven bits a byte. */
    void number(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /** Any number; those near 0 are short. */
    void signed(long value) {
        number((value << 1) ^ (value >> 63));
    }

    void text(byte[] utf8) {
        number(utf8.length);
        raw(utf8);
    }

    /** What has been packed before. */
    void raw(byte[] packed) {
        ensure(packed.length);
        System.arraycopy(packed, 0, bytes, size, packed.length);
        size += packed.length;
    }

    /** A new array: Flink compares a state with what it was, so what it has been given must never change. */
    byte[] packed() {
        return Arrays.copyOf(bytes, size);
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
    }
}
