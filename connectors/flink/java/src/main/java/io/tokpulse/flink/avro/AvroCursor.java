package io.tokpulse.flink.avro;

import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.binary.BinaryStringData;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads Avro's binary encoding from one byte array, front to back. Every read is checked against the bytes that
 * remain before anything is allocated, so no input makes it read outside, loop without end or allocate more than the
 * record's own size. Reused for record after record by one thread.
 */
final class AvroCursor {

    /** Deepest nesting of unions, arrays and maps that is skipped. */
    private static final int MAX_DEPTH = 64;

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes;
    private int position;
    private int end;
    private MemorySegment[] segments;
    private int depth;
    private long items;

    /** Starts at {@code from} of {@code record}, which must not change while rows made from it are in use. */
    void reset(byte[] record, int from) {
        bytes = record;
        position = from;
        end = record.length;
        segments = null;
        depth = 0;
        items = 0;
    }

    int remaining() {
        return end - position;
    }

    int readInt() throws BadRecordException {
        long value = readLong();
        if (value != (int) value) {
            throw new BadRecordException(BadReason.BAD_ENCODING, "is an int of more than 32 bits");
        }
        return (int) value;
    }

    long readLong() throws BadRecordException {
        if (position < end) {
            byte first = bytes[position];
            if (first >= 0) {
                position++;
                return (first >>> 1) ^ -(first & 1);
            }
        }
        return readLongOfManyBytes();
    }

    private long readLongOfManyBytes() throws BadRecordException {
        byte[] source = bytes;
        int at = position;
        int limit = Math.min(end, at + 10);
        long raw = 0;
        for (int shift = 0; at < limit; shift += 7) {
            byte next = source[at++];
            raw |= (next & 0x7FL) << shift;
            if (next >= 0) {
                if (shift == 63 && next > 1) {
                    break;
                }
                position = at;
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        if (at == end && at - position < 10) {
            throw new BadRecordException(BadReason.TRUNCATED, "ends within a number");
        }
        throw new BadRecordException(BadReason.BAD_ENCODING, "is a number of more than 64 bits");
    }

    boolean readBoolean() throws BadRecordException {
        require(1);
        byte value = bytes[position++];
        if ((value & ~1) != 0) {
            throw new BadRecordException(BadReason.BAD_ENCODING, "is a boolean byte of " + (value & 0xFF));
        }
        return value == 1;
    }

    float readFloat() throws BadRecordException {
        require(Float.BYTES);
        int bits = (int) INT.get(bytes, position);
        position += Float.BYTES;
        return Float.intBitsToFloat(bits);
    }

    double readDouble() throws BadRecordException {
        require(Double.BYTES);
        long bits = (long) LONG.get(bytes, position);
        position += Double.BYTES;
        return Double.longBitsToDouble(bits);
    }

    /**
     * A string as a view of the record's own bytes: nothing is copied, and all strings of a record share one memory
     * segment. Anything that keeps a row (state, exchanges) serializes it and so keeps only the string.
     */
    BinaryStringData readString() throws BadRecordException {
        int length = readLength();
        int start = position;
        if (!Utf8.isValid(bytes, start, start + length)) {
            throw new BadRecordException(BadReason.BAD_ENCODING, "is not UTF-8");
        }
        position = start + length;
        if (segments == null) {
            segments = new MemorySegment[] {MemorySegmentFactory.wrap(bytes)};
        }
        return new BinaryStringData(segments, start, length);
    }

    byte[] readBytes() throws BadRecordException {
        return readFixed(readLength());
    }

    byte[] readFixed(int length) throws BadRecordException {
        require(length);
        byte[] copy = Arrays.copyOfRange(bytes, position, position + length);
        position += length;
        return copy;
    }

    void skipLengthPrefixed() throws BadRecordException {
        int length = readLength();
        position += length;
    }

    void skip(long length) throws BadRecordException {
        require(length);
        position += (int) length;
    }

    /** The branch of a union with {@code branches} branches. */
    int readBranch(int branches) throws BadRecordException {
        long branch = readLong();
        if (branch < 0 || branch >= branches) {
            throw new BadRecordException(
                    BadReason.BAD_ENCODING, "is branch " + branch + " of a union of " + branches);
        }
        return (int) branch;
    }

    /**
     * The item count of the next block of an array or a map, 0 at the end; -1 when the block told its size and has
     * been skipped as a whole. A record may not hold more items than bytes, which bounds items of no bytes.
     */
    long nextBlock() throws BadRecordException {
        long count = readLong();
        if (count < 0) {
            long size = readLong();
            if (size < 0) {
                throw new BadRecordException(BadReason.BAD_ENCODING, "has a block of negative size");
            }
            skip(size);
            return -1;
        }
        items += count;
        if (items < 0 || count > end || items > end) {
            throw new BadRecordException(BadReason.TRUNCATED, "announces more items than the record has bytes");
        }
        return count;
    }

    void enter() throws BadRecordException {
        if (++depth > MAX_DEPTH) {
            throw new BadRecordException(BadReason.BAD_ENCODING, "is nested deeper than " + MAX_DEPTH);
        }
    }

    void leave() {
        depth--;
    }

    private int readLength() throws BadRecordException {
        long length = readLong();
        if (length < 0) {
            throw new BadRecordException(BadReason.BAD_ENCODING, "has a negative length");
        }
        require(length);
        return (int) length;
    }

    private void require(long length) throws BadRecordException {
        if (length > end - position) {
            throw new BadRecordException(
                    BadReason.TRUNCATED, "needs " + length + " bytes, " + remaining() + " are left");
        }
    }
}
