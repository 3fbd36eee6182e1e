package tidewater.avro;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.Utf8;

/** What Avro itself makes of bytes, and what that is in Spark: lists, maps and plain values that compare. */
final class AvroAsWitness {
    /** Those of the build file. */
    static final int MAX_VALUE_BYTES = 64;
    static final int MAX_COLLECTION_ITEMS = 50;

    private AvroAsWitness() {
    }

    /** Empty for what is not exactly one record. */
    static Optional<List<Object>> read(Schema schema, byte[] bytes) {
        try {
            BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
            IndexedRecord record = new GenericDatumReader<IndexedRecord>(schema).read(null, decoder);
            return decoder.isEnd() ? Optional.of(fields(record)) : Optional.empty();
        } catch (IOException | RuntimeException refused) {
            return Optional.empty();
        }
    }

    private static List<Object> fields(IndexedRecord record) {
        List<Object> values = new ArrayList<>();
        for (Schema.Field field : record.getSchema().getFields())
            values.add(inSpark(field.schema(), record.get(field.pos())));
        return values;
    }

    private static Object inSpark(Schema schema, Object value) {
        if (value == null) return null;
        switch (schema.getType()) {
            case UNION:
                return inSpark(
                    schema.getTypes().stream().filter(branch -> branch.getType() != Schema.Type.NULL).findFirst().get(),
                    value);
            case RECORD: return fields((IndexedRecord) value);
            case ARRAY:
                List<Object> items = new ArrayList<>();
                for (Object item : (List<?>) value) items.add(inSpark(schema.getElementType(), item));
                return items;
            case MAP:
                Map<Object, Object> entries = new HashMap<>();
                ((Map<?, ?>) value).forEach((key, item) ->
                    entries.put(text((Utf8) key), inSpark(schema.getValueType(), item)));
                return entries;
            case STRING: return text((Utf8) value);
            case ENUM: return PlainValues.bytes(value.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            case BYTES: return binary(schema, remaining((ByteBuffer) value));
            case FIXED: return binary(schema, ((GenericFixed) value).bytes());
            case LONG:
                return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
                    ? Math.multiplyExact((Long) value, 1_000L) : value;
            default: return value;
        }
    }

    private static Object binary(Schema schema, byte[] bytes) {
        LogicalType logical = schema.getLogicalType();
        if (!(logical instanceof LogicalTypes.Decimal)) return PlainValues.bytes(bytes);
        LogicalTypes.Decimal type = (LogicalTypes.Decimal) logical;
        BigInteger unscaled = new BigInteger(bytes);
        // Spark's own way with small precisions.
        if (type.getPrecision() <= 18) unscaled = BigInteger.valueOf(unscaled.longValue());
        BigDecimal number = new BigDecimal(unscaled, type.getScale());
        if (number.precision() > type.getPrecision()) throw new ArithmeticException("too many digits");
        return number;
    }

    private static Object text(Utf8 text) {
        return PlainValues.bytes(java.util.Arrays.copyOf(text.getBytes(), text.getByteLength()));
    }

    private static byte[] remaining(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
