package tidewater.avro;

import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;

/** Decodes values of one schema. Keeps a row for them: not for two threads, and the row of one value ends with the next. */
public final class RecordDecoder {
    private final AvroInput in;
    private final RecordReader record;

    RecordDecoder(Schema schema, int maxValueBytes, int maxCollectionItems, String rebaseMode) throws UncoveredTypeException {
        in = new AvroInput(maxValueBytes, maxCollectionItems);
        record = SchemaCompiler.compile(schema, rebaseMode);
    }

    /** The record the value is, to its last byte; null for one that is none. Public for the code that Spark generates. */
    public InternalRow decode(byte[] value) {
        in.start(value);
        try {
            DecodedRow row = record.read(in);
            return in.isAtEnd() ? row : null;
        } catch (Poison poison) {
            return null;
        }
    }
}
