package tidewater.avro;

/** Reads one field, or one item of a collection, of a type that is fixed when the schema is compiled. */
abstract class FieldReader {
    /** Reads it into a row. */
    void read(AvroInput in, DecodedRow row, int ordinal) {
        row.setObject(ordinal, read(in));
    }

    /** Reads it as the object Spark's own collections hold; null where the value is null. */
    abstract Object read(AvroInput in);
}
