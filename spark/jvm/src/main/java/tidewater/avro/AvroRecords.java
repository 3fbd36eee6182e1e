package tidewater.avro;

import org.apache.avro.Schema;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.internal.SQLConf;

/** The doors for Python. */
public final class AvroRecords {
    private AvroRecords() {
    }

    /** What of a record schema is not covered, for people; null when all of it is. */
    public static String uncovered(String schemaJson) {
        try {
            SchemaCompiler.compile(new Schema.Parser().parse(schemaJson), rebaseMode());
            return null;
        } catch (UncoveredTypeException uncovered) {
            return uncovered.getMessage();
        }
    }

    /** A struct column: the record each value is, null for one that is none. */
    public static Column decode(Column value, String schemaJson, int maxValueBytes, int maxCollectionItems) {
        return new Column(
            new DecodeAvroRecord(value.expr(), schemaJson, maxValueBytes, maxCollectionItems, rebaseMode()));
    }

    private static String rebaseMode() {
        return SQLConf.get().getConfString("spark.sql.avro.datetimeRebaseModeInRead", "EXCEPTION");
    }
}
