package tidewater.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/** Schemas of everything that is covered, and records of them. The same seed gives the same. */
final class RandomRecords {
    private static final int DEEPEST = 3;
    private final Random random;
    private int names;

    RandomRecords(long seed) {
        random = new Random(seed);
    }

    Schema recordSchema() {
        return record(0);
    }

    byte[] encoded(Schema schema) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        // The blocking encoder writes collections in blocks with their size in bytes, the other without.
        BinaryEncoder encoder = random.nextBoolean()
            ? EncoderFactory.get().binaryEncoder(out, null)
            : new EncoderFactory().configureBlockSize(64).blockingBinaryEncoder(out, null);
        try {
            new GenericDatumWriter<>(schema).write(value(schema), encoder);
            encoder.flush();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return out.toByteArray();
    }

    /** The bytes with some of them lost, changed or added. */
    byte[] damaged(byte[] bytes) {
        byte[] damaged = bytes.clone();
        switch (random.nextInt(4)) {
            case 0:
                return Arrays.copyOf(damaged, random.nextInt(bytes.length + 1));
            case 1:
                damaged = Arrays.copyOf(damaged, bytes.length + 1 + random.nextInt(12));
                for (int at = bytes.length; at < damaged.length; at++) damaged[at] = (byte) random.nextInt();
                return damaged;
            case 2:
                for (int times = 1 + random.nextInt(3); times > 0 && damaged.length > 0; times--)
                    damaged[random.nextInt(damaged.length)] = (byte) (random.nextBoolean() ? random.nextInt() : 0xff);
                return damaged;
            default:
                damaged = new byte[random.nextInt(40)];
                random.nextBytes(damaged);
                return damaged;
        }
    }

    private Schema record(int depth) {
        List<Schema.Field> fields = new ArrayList<>();
        for (int index = random.nextInt(6) + (depth == 0 ? 1 : 0); index > 0; index--)
            fields.add(new Schema.Field("f" + index, type(depth + 1)));
        return Schema.createRecord("R" + names++, null, null, false, fields);
    }

    private Schema type(int depth) {
        switch (random.nextInt(depth < DEEPEST ? 20 : 15)) {
            case 0: return Schema.create(Schema.Type.BOOLEAN);
            case 1: return Schema.create(Schema.Type.INT);
            case 2: return Schema.create(Schema.Type.LONG);
            case 3: return Schema.create(Schema.Type.FLOAT);
            case 4: return Schema.create(Schema.Type.DOUBLE);
            case 5: return Schema.create(Schema.Type.STRING);
            case 6: return Schema.create(Schema.Type.BYTES);
            case 7: return Schema.createFixed("F" + names++, null, null, random.nextInt(9));
            case 8: return Schema.createEnum("E" + names++, null, null, List.of("RED", "GREEN", "BLUE"));
            case 9: return LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
            case 10: return LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
            case 11: return LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
            case 12: return LogicalTypes.timeMillis().addToSchema(Schema.create(Schema.Type.INT));
            case 13: return decimal(Schema.create(Schema.Type.BYTES), 38);
            case 14: return decimal(Schema.createFixed("D" + names++, null, null, 8), 18);
            case 15: return record(depth);
            case 16: return Schema.createArray(type(depth + 1));
            case 17: return Schema.createMap(type(depth + 1));
            default:
                Schema nothing = Schema.create(Schema.Type.NULL);
                Schema some = notUnion(depth + 1);
                return random.nextInt(4) == 0
                    ? Schema.createUnion(some)
                    : random.nextBoolean() ? Schema.createUnion(nothing, some) : Schema.createUnion(some, nothing);
        }
    }

    private Schema notUnion(int depth) {
        Schema type = type(depth);
        return type.isUnion() ? Schema.create(Schema.Type.LONG) : type;
    }

    private Schema decimal(Schema schema, int most) {
        int precision = 1 + random.nextInt(most);
        return LogicalTypes.decimal(precision, random.nextInt(precision + 1)).addToSchema(schema);
    }

    private Object value(Schema schema) {
        switch (schema.getType()) {
            case RECORD:
                GenericData.Record record = new GenericData.Record(schema);
                for (Schema.Field field : schema.getFields()) record.put(field.pos(), value(field.schema()));
                return record;
            case ARRAY:
                List<Object> items = new ArrayList<>();
                for (int count = random.nextInt(5); count > 0; count--) items.add(value(schema.getElementType()));
                return items;
            case MAP:
                Map<String, Object> entries = new HashMap<>();
                for (int count = random.nextInt(5); count > 0; count--)
                    entries.put(text(), value(schema.getValueType()));
                return entries;
            case UNION: return value(schema.getTypes().get(random.nextInt(schema.getTypes().size())));
            case NULL: return null;
            case BOOLEAN: return random.nextBoolean();
            case INT: return (int) number();
            case LONG: return number();
            case FLOAT: return Float.intBitsToFloat(random.nextInt());
            case DOUBLE: return Double.longBitsToDouble(random.nextLong());
            case STRING: return text();
            case BYTES: return ByteBuffer.wrap(bytes(random.nextInt(10)));
            case FIXED: return new GenericData.Fixed(schema, bytes(schema.getFixedSize()));
            default: return new GenericData.EnumSymbol(schema, schema.getEnumSymbols().get(random.nextInt(3)));
        }
    }

    /** Of every length a varint can have. */
    private long number() {
        return random.nextLong() >> random.nextInt(64);
    }

    private String text() {
        return random.ints(random.nextInt(8), 0x20, 0x2000).collect(
            StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
