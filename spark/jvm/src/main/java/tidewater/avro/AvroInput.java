package tidewater.avro;

import java.util.Arrays;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * One value's bytes and the place in them, in Avro's binary encoding. What it accepts is what Avro's BinaryDecoder accepts: bits of a
 * varint beyond its type are dropped, and each boolean byte but 1 is false.
 */
final class AvroInput {
    private final int maxValueBytes;
    private final int maxCollectionItems;
    private byte[] bytes;
    private int at;

    AvroInput(int maxValueBytes, int maxCollectionItems) {
        this.maxValueBytes = maxValueBytes;
        this.maxCollectionItems = maxCollectionItems;
    }

    void start(byte[] value) {
        bytes = value;
        at = 0;
    }

    boolean isAtEnd() {
        return at == bytes.length;
    }

    boolean readBoolean() {
        return bytes[advance(1)] == 1;
    }

    int readInt() {
        int number = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int one = bytes[advance(1)];
            number |= (one & 0x7f) << shift;
            if (one >= 0) return (number >>> 1) ^ -(number & 1);
        }
        throw Poison.POISON;
    }

    long readLong() {
        long number = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            int one = bytes[advance(1)];
            number |= (one & 0x7fL) << shift;
            if (one >= 0) return (number >>> 1) ^ -(number & 1);
        }
        throw Poison.POISON;
    }

    float readFloat() {
        int from = advance(4);
        return Float.intBitsToFloat(fourBytes(from));
    }

    double readDouble() {
        int from = advance(8);
        return Double.longBitsToDouble((fourBytes(from) & 0xffffffffL) | ((long) fourBytes(from + 4) << 32));
    }

    /** A view of the value's own bytes, which nobody changes. */
    UTF8String readString() {
        int length = readLength();
        return UTF8String.fromBytes(bytes, advance(length), length);
    }

    byte[] readBytes() {
        return readFixed(readLength());
    }

    byte[] readFixed(int size) {
        int from = advance(size);
        return Arrays.copyOfRange(bytes, from, at);
    }

    /** An index into `count` branches or symbols. */
    int readIndex(int count) {
        int index = readInt();
        if (index < 0 || index >= count) throw Poison.POISON;
        return index;
    }

    /** Number of items of the next block of an array or map; 0 ends it. `before`: items of the blocks so far. */
    int readBlock(int before) {
        long count = readLong();
        if (count < 0) {
            readLong();
            count = -count;
        }
        // Of Long.MIN_VALUE the negation is negative.
        if (count < 0 || count > maxCollectionItems - before) throw Poison.POISON;
        return (int) count;
    }

    private int readLength() {
        long length = readLong();
        if (length < 0 || length > maxValueBytes) throw Poison.POISON;
        return (int) length;
    }

    /** The place before `size` bytes that are now passed. */
    private int advance(int size) {
        int from = at;
        if (size > bytes.length - from) throw Poison.POISON;
        at = from + size;
        return from;
    }

    private int fourBytes(int from) {
        return (bytes[from] & 0xff)
            | (bytes[from + 1] & 0xff) << 8
            | (bytes[from + 2] & 0xff) << 16
            | bytes[from + 3] << 24;
    }
}
