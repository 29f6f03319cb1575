package io.tokpulse.flink.clickhouse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.flink.core.memory.MemorySegment;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowBinaryBufferTest {

    private final RowBinaryBuffer buffer = new RowBinaryBuffer();

    @ParameterizedTest
    @CsvSource({"0,00", "1,01", "127,7f", "128,8001", "300,ac02", "16384,808001", "2147483647,ffffffff07"})
    void lengthsAreLeb128(int length, String bytes) {
        buffer.writeLength(length);
        assertEquals(bytes, hex());
    }

    @Test
    void numbersAreLittleEndian() {
        buffer.writeByte(0x01);
        buffer.writeShort(0x0203);
        buffer.writeInt(0x04050607);
        buffer.writeLong(0x08090a0b0c0d0e0fL);
        assertEquals("01" + "0302" + "07060504" + "0f0e0d0c0b0a0908", hex());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "plays", "größer 🎉", "\u0000tab\t`'\\"})
    void aStringIsItsUtf8BytesBehindTheirNumber(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        buffer.writeString(BinaryStringData.fromString(text));
        assertEquals(utf8.length, buffer.toBytes()[0]);
        assertEquals(text, new String(buffer.toBytes(), 1, utf8.length, StandardCharsets.UTF_8));
    }

    @Test
    void aStringInTheMiddleOfPagesIsCopiedWhole() {
        byte[] utf8 = "a string over three pages".getBytes(StandardCharsets.UTF_8);
        MemorySegment[] pages = new MemorySegment[4];
        for (int page = 0; page < pages.length; page++) {
            pages[page] = MemorySegmentFactory.allocateUnpooledSegment(8);
        }
        int offset = 5;
        for (int i = 0; i < utf8.length; i++) {
            pages[(offset + i) / 8].put((offset + i) % 8, utf8[i]);
        }
        buffer.writeString(BinaryStringData.fromAddress(pages, offset, utf8.length));
        buffer.writeString(utf8);
        String once = HexFormat.of().toHexDigits((byte) utf8.length) + HexFormat.of().formatHex(utf8);
        assertEquals(once + once, hex());
    }

    @Test
    void aBatchIsSentWholeAndAsOftenAsItTakes() throws IOException {
        byte[] large = new byte[(3 << 20) + 17];
        large[large.length - 1] = 7;
        buffer.writeByte(1);
        buffer.writeString(large);
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        ByteArrayOutputStream second = new ByteArrayOutputStream();
        buffer.writeTo(first);
        buffer.writeTo(second);
        assertEquals(buffer.size(), first.size());
        assertArrayEquals(first.toByteArray(), second.toByteArray());
        assertEquals(7, first.toByteArray()[first.size() - 1]);
    }

    @Test
    void afterABurstMemoryIsGivenBack() {
        buffer.writeString(new byte[8 << 20]);
        buffer.clear();
        int kept = buffer.capacity();
        for (int batch = 0; batch < 10; batch++) {
            buffer.writeByte(batch);
            buffer.clear();
        }
        assertEquals(0, buffer.size());
        assertEquals(true, kept >= 8 << 20 && buffer.capacity() < 1 << 17, kept + " then " + buffer.capacity());
    }

    private String hex() {
        return HexFormat.of().formatHex(buffer.toBytes());
    }
}
