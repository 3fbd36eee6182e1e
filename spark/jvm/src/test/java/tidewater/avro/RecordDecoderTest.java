package tidewater.avro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordDecoderTest {
    private static final int SCHEMAS = 400;
    private static final int RECORDS_EACH = 20;

    @Test
    void makesOfEachRecordWhatAvroMakesOfIt() throws Exception {
        for (int seed = 0; seed < SCHEMAS; seed++) {
            RandomRecords records = new RandomRecords(seed);
            Schema schema = records.recordSchema();
            RecordDecoder decoder = decoder(schema, "CORRECTED");
            int whole = 0;
            for (int times = 0; times < RECORDS_EACH; times++) {
                byte[] bytes = records.encoded(schema);
                Optional<List<Object>> expected = AvroAsWitness.read(schema, bytes);
                if (expected.isPresent()) whole++;
                assertEquals(expected, read(decoder, schema, bytes), seed + ": " + schema);
            }
            // Random decimals and times are often none; that every one of a schema's records is poison would test nothing.
            assertTrue(whole > 0 || schema.toString().contains("logicalType"), () -> "no record of " + schema);
        }
    }

    @Test
    void refusesWhatAvroRefusesAndBytesLeftOver() throws Exception {
        int refused = 0;
        int accepted = 0;
        for (int seed = 0; seed < SCHEMAS; seed++) {
            RandomRecords records = new RandomRecords(1_000_000 + seed);
            Schema schema = records.recordSchema();
            RecordDecoder decoder = decoder(schema, "CORRECTED");
            for (int times = 0; times < 10 * RECORDS_EACH; times++) {
                byte[] bytes = records.damaged(records.encoded(schema));
                Optional<List<Object>> expected = AvroAsWitness.read(schema, bytes);
                assertEquals(
                    expected, read(decoder, schema, bytes), () -> Arrays.toString(bytes) + " of " + schema);
                if (expected.isPresent()) accepted++;
                else refused++;
            }
        }
        assertTrue(refused > 10_000 && accepted > 1_000, refused + " refused, " + accepted + " accepted");
    }

    @Test
    void refusesEveryCutAndEveryByteMore() throws Exception {
        Schema schema = record("{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":[\"null\",\"string\"]}");
        RecordDecoder decoder = decoder(schema, "CORRECTED");
        byte[] whole = {(byte) 0x80, 1, 2, 4, 'o', 'k'};
        assertNotNull(decoder.decode(whole));
        for (int length = 0; length < whole.length; length++) assertNull(decoder.decode(Arrays.copyOf(whole, length)));
        assertNull(decoder.decode(Arrays.copyOf(whole, whole.length + 1)));
    }

    @Test
    void keepsLimitsInclusive() throws Exception {
        Schema text = record("{\"name\":\"a\",\"type\":\"string\"}");
        assertNotNull(decoder(text, "CORRECTED").decode(sized(64)));
        assertNull(decoder(text, "CORRECTED").decode(sized(65)));
        Schema nothings = record(
            "{\"name\":\"a\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"N\",\"fields\":[]}}}");
        assertNotNull(decoder(nothings, "CORRECTED").decode(new byte[] {60, 40, 0}));
        assertNull(decoder(nothings, "CORRECTED").decode(new byte[] {60, 42, 0}));
    }

    @Test
    void takesTheLastOfAKeyThatIsThereTwice() throws Exception {
        Schema schema = record("{\"name\":\"a\",\"type\":{\"type\":\"map\",\"values\":\"long\"}}");
        byte[] bytes = {4, 2, 'k', 2, 2, 'k', 4, 0};
        Optional<List<Object>> expected = AvroAsWitness.read(schema, bytes);
        assertTrue(expected.isPresent());
        assertEquals(expected, read(decoder(schema, "CORRECTED"), schema, bytes));
    }

    @Test
    void aCopyOutlivesTheNextValue() throws Exception {
        Schema schema = record(
            "{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"in\",\"type\":{\"type\":\"record\",\"name\":\"I\",\"fields\":[{\"name\":\"b\",\"type\":\"string\"}]}}");
        RecordDecoder decoder = decoder(schema, "CORRECTED");
        StructType type = (StructType) SchemaCompiler.typeOf(schema);
        InternalRow first = decoder.decode(new byte[] {2, 2, 'x'});
        InternalRow copy = first.copy();
        List<Object> before = PlainValues.fields(copy, type);
        decoder.decode(new byte[] {4, 2, 'y'});
        assertEquals(before, PlainValues.fields(copy, type));
        assertNotEquals(before, PlainValues.fields(first, type));
    }

    @Test
    void refusesTheDaysThatSparkRefusesToRead() throws Exception {
        Schema schema = record("{\"name\":\"a\",\"type\":{\"type\":\"int\",\"logicalType\":\"date\"}}");
        byte[] ancient = {(byte) 0xff, (byte) 0xff, 0x7f};
        assertNotNull(decoder(schema, "CORRECTED").decode(ancient));
        assertNull(decoder(schema, "EXCEPTION").decode(ancient));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "[\"int\", \"string\"]",
        "[\"null\", \"int\", \"long\"]",
        "{\"type\": \"long\", \"logicalType\": \"local-timestamp-millis\"}",
        "{\"type\": \"string\", \"avro.java.string\": \"String\"}",
        "{\"type\": \"array\", \"items\": [\"int\", \"long\"]}",
    })
    void saysWhichTypeIsNotCovered(String type) {
        Schema schema = record("{\"name\":\"odd\",\"type\":" + type + "}");
        String message = assertThrows(UncoveredTypeException.class, () -> decoder(schema, "CORRECTED")).getMessage();
        assertTrue(message.startsWith("odd"), message);
    }

    private static Schema record(String fields) {
        return new Schema.Parser().parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" + fields + "]}");
    }

    private static byte[] sized(int length) {
        byte[] bytes = new byte[length + (length < 64 ? 1 : 2)];
        int zigzag = 2 * length;
        bytes[0] = (byte) (zigzag < 0x80 ? zigzag : zigzag & 0x7f | 0x80);
        if (zigzag >= 0x80) bytes[1] = (byte) (zigzag >> 7);
        return bytes;
    }

    private static RecordDecoder decoder(Schema schema, String rebaseMode) throws UncoveredTypeException {
        return new RecordDecoder(
            schema, AvroAsWitness.MAX_VALUE_BYTES, AvroAsWitness.MAX_COLLECTION_ITEMS, rebaseMode);
    }

    private static Optional<List<Object>> read(RecordDecoder decoder, Schema schema, byte[] bytes) {
        StructType type = (StructType) SchemaCompiler.typeOf(schema);
        return Optional.ofNullable(decoder.decode(bytes)).map(row -> PlainValues.fields(row, type));
    }
}
