package tidewater.avro;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.util.ArrayBasedMapData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.unsafe.types.UTF8String;

/** Readers of what Spark keeps as objects. */
final class ObjectReaders {
    private ObjectReaders() {
    }

    static final class OfNull extends FieldReader {
        @Override
        Object read(AvroInput in) {
            return null;
        }
    }

    static final class OfString extends FieldReader {
        @Override
        Object read(AvroInput in) {
            return in.readString();
        }
    }

    static final class OfBytes extends FieldReader {
        @Override
        Object read(AvroInput in) {
            return in.readBytes();
        }
    }

    static final class OfFixed extends FieldReader {
        private final int size;

        OfFixed(int size) {
            this.size = size;
        }

        @Override
        Object read(AvroInput in) {
            return in.readFixed(size);
        }
    }

    static final class OfEnum extends FieldReader {
        private final UTF8String[] symbols;

        OfEnum(List<String> symbols) {
            this.symbols = symbols.stream().map(UTF8String::fromString).toArray(UTF8String[]::new);
        }

        @Override
        Object read(AvroInput in) {
            return symbols[in.readIndex(symbols.length)];
        }
    }

    /** Of a union of one type, and of two of which one is null. */
    static final class OfUnion extends FieldReader {
        private final FieldReader[] branches;

        OfUnion(FieldReader[] branches) {
            this.branches = branches;
        }

        @Override
        void read(AvroInput in, DecodedRow row, int ordinal) {
            branches[in.readIndex(branches.length)].read(in, row, ordinal);
        }

        @Override
        Object read(AvroInput in) {
            return branches[in.readIndex(branches.length)].read(in);
        }
    }

    static final class OfArray extends FieldReader {
        private final FieldReader items;

        OfArray(FieldReader items) {
            this.items = items;
        }

        @Override
        Object read(AvroInput in) {
            // Grows as items come: a corrupt count must not cost memory.
            List<Object> all = new ArrayList<>();
            for (int block = in.readBlock(0); block > 0; block = in.readBlock(all.size())) {
                for (int item = 0; item < block; item++) all.add(items.read(in));
            }
            return new GenericArrayData(all.toArray());
        }
    }

    static final class OfMap extends FieldReader {
        private final FieldReader values;

        OfMap(FieldReader values) {
            this.values = values;
        }

        @Override
        Object read(AvroInput in) {
            Map<UTF8String, Object> all = new LinkedHashMap<>();
            int entries = 0;
            for (int block = in.readBlock(0); block > 0; block = in.readBlock(entries)) {
                // The last one of a key counts.
                for (int entry = 0; entry < block; entry++) all.put(in.readString(), values.read(in));
                entries += block;
            }
            return new ArrayBasedMapData(
                new GenericArrayData(all.keySet().toArray()), new GenericArrayData(all.values().toArray()));
        }
    }
}
