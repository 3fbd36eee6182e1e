package tidewater.avro;

/** Reads the fields of a record, in their order. */
final class RecordReader extends FieldReader {
    private final FieldReader[] fields;
    private final DecodedRow used;

    /** @param isUsedAgain the row is the same for every record: not within collections, which hold several at once */
    RecordReader(FieldReader[] fields, boolean isUsedAgain) {
        this.fields = fields;
        this.used = isUsedAgain ? new DecodedRow(fields.length) : null;
    }

    @Override
    DecodedRow read(AvroInput in) {
        DecodedRow row = used == null ? new DecodedRow(fields.length) : used;
        for (int ordinal = 0; ordinal < fields.length; ordinal++) fields[ordinal].read(in, row, ordinal);
        return row;
    }
}
