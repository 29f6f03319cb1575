package io.tokpulse.flink.clickhouse;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.data.binary.BinaryStringData;

/** Values in ClickHouse's format RowBinary, one after the other, in an array that grows. Not for two threads at once. */
final class RowBinaryBuffer {

    /** More cannot be in one array. */
    static final int MAX_BYTES = 1 << 30;

    private static final int FIRST_BYTES = 1 << 16;
    /** Doubling would leave a batch of 8 MiB in an array of 16. */
    private static final int LARGEST_STEP = 1 << 20;
    private static final int LONGEST_VARINT = 5;

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes = new byte[FIRST_BYTES];
    private int size;

    /** Bytes written since the last {@link #clear}. */
    int size() {
        return size;
    }

    /** Forgets the content. Gives memory back after a content that needed little of it, so that one burst is not kept for ever. */
    void clear() {
        if (bytes.length > FIRST_BYTES && size < bytes.length / 4) {
            bytes = new byte[bytes.length / 2];
        }
        size = 0;
    }

    /** Sends the content; it can be sent again. */
    void writeTo(OutputStream out) throws IOException {
        out.write(bytes, 0, size);
    }

    void writeByte(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
    }

    void writeShort(int value) {
        reserve(Short.BYTES);
        SHORT.set(bytes, size, (short) value);
        size += Short.BYTES;
    }

    void writeInt(int value) {
        reserve(Integer.BYTES);
        INT.set(bytes, size, value);
        size += Integer.BYTES;
    }

    void writeLong(long value) {
        reserve(Long.BYTES);
        LONG.set(bytes, size, value);
        size += Long.BYTES;
    }

    /** LEB128, which RowBinary has before strings and arrays. */
    void writeLength(int value) {
        reserve(LONGEST_VARINT);
        int rest = value;
        while (rest >= 0x80) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /** As a String column: length and UTF-8 bytes, which are copied from where Flink keeps them. */
    void writeString(BinaryStringData text) {
        text.ensureMaterialized();
        int length = text.getSizeInBytes();
        writeLength(length);
        reserve(length);
        MemorySegment[] segments = text.getSegments();
        if (segments.length == 1) {
            segments[0].get(text.getOffset(), bytes, size, length);
        } else {
            BinarySegmentUtils.copyToBytes(segments, text.getOffset(), bytes, size, length);
        }
        size += length;
    }

    /** As a String column. */
    void writeString(String text) {
        writeString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** As a String column. */
    void writeString(byte[] value) {
        writeLength(value.length);
        reserve(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
    }

    /** The default of a type of this many bytes. */
    void writeZeros(int count) {
        reserve(count);
        Arrays.fill(bytes, size, size + count, (byte) 0);
        size += count;
    }

    int capacity() {
        return bytes.length;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    private void reserve(int more) {
        long needed = (long) size + more;
        if (needed > bytes.length) {
            if (needed > MAX_BYTES) {
                throw new IllegalStateException("one batch for ClickHouse would be longer than " + MAX_BYTES + " bytes");
            }
            bytes = Arrays.copyOf(bytes, (int) Math.max(needed, (long) bytes.length + Math.min(bytes.length, LARGEST_STEP)));
        }
    }
}
