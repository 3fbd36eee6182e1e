package tidewater.avro;

import java.util.List;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.spark.sql.avro.SchemaConverters;
import org.apache.spark.sql.catalyst.util.RebaseDateTime;
import org.apache.spark.sql.execution.datasources.DataSourceUtils;
import org.apache.spark.sql.internal.LegacyBehaviorPolicy;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampType;
import scala.Function1;
import scala.Option;

/** Makes a tree of readers of a schema and of the type Spark gives it. Pairs of the two that it does not know are not covered. */
final class SchemaCompiler {
    private final Function1<Object, Object> rebaseDate;
    private final Function1<Object, Object> rebaseTimestamp;

    private SchemaCompiler(String rebaseMode) {
        scala.Enumeration.Value mode = LegacyBehaviorPolicy.withName(rebaseMode);
        rebaseDate = DataSourceUtils.createDateRebaseFuncInRead(mode, "Avro");
        rebaseTimestamp = DataSourceUtils.createTimestampRebaseFuncInRead(
            new RebaseDateTime.RebaseSpec(mode, Option.empty()), "Avro");
    }

    /**
     * @param rebaseMode Spark's setting spark.sql.avro.datetimeRebaseModeInRead
     * @throws UncoveredTypeException for the first type without a reader
     */
    static RecordReader compile(Schema schema, String rebaseMode) throws UncoveredTypeException {
        StructType type = (StructType) typeOf(schema);
        return new SchemaCompiler(rebaseMode).record(schema, type, "the record", false);
    }

    /** The type from_avro gives the schema. */
    static DataType typeOf(Schema schema) {
        return SchemaConverters.toSqlType(schema).dataType();
    }

    private RecordReader record(Schema schema, StructType type, String place, boolean isInCollection)
        throws UncoveredTypeException {
        List<Schema.Field> fields = schema.getFields();
        FieldReader[] readers = new FieldReader[fields.size()];
        for (int ordinal = 0; ordinal < readers.length; ordinal++) {
            Schema.Field field = fields.get(ordinal);
            readers[ordinal] = reader(field.schema(), type.apply(ordinal).dataType(), field.name(), isInCollection);
        }
        return new RecordReader(readers, !isInCollection);
    }

    private FieldReader reader(Schema schema, DataType type, String place, boolean isInCollection)
        throws UncoveredTypeException {
        switch (schema.getType()) {
            case NULL:
                if (type instanceof NullType) return new ObjectReaders.OfNull();
                break;
            case BOOLEAN:
                if (type instanceof BooleanType) return new NumberReaders.OfBoolean();
                break;
            case INT:
                if (type instanceof IntegerType) return new NumberReaders.OfInt();
                if (type instanceof DateType) return new NumberReaders.OfDate(rebaseDate);
                break;
            case LONG:
                if (type instanceof LongType) return new NumberReaders.OfLong();
                if (type instanceof TimestampType) {
                    boolean isMillis = schema.getLogicalType() instanceof LogicalTypes.TimestampMillis;
                    return new NumberReaders.OfTimestamp(isMillis, rebaseTimestamp);
                }
                break;
            case FLOAT:
                if (type instanceof FloatType) return new NumberReaders.OfFloat();
                break;
            case DOUBLE:
                if (type instanceof DoubleType) return new NumberReaders.OfDouble();
                break;
            case STRING:
                // With this property Avro makes a Java string, and other characters of bytes that are no UTF-8.
                if (type instanceof StringType && schema.getProp("avro.java.string") == null)
                    return new ObjectReaders.OfString();
                break;
            case BYTES:
                if (type instanceof BinaryType) return new ObjectReaders.OfBytes();
                if (type instanceof DecimalType) return NumberReaders.OfDecimal.inBytes((DecimalType) type);
                break;
            case FIXED:
                if (type instanceof BinaryType) return new ObjectReaders.OfFixed(schema.getFixedSize());
                if (type instanceof DecimalType)
                    return NumberReaders.OfDecimal.inFixed(schema.getFixedSize(), (DecimalType) type);
                break;
            case ENUM:
                if (type instanceof StringType) return new ObjectReaders.OfEnum(schema.getEnumSymbols());
                break;
            case RECORD:
                if (type instanceof StructType) return record(schema, (StructType) type, place, isInCollection);
                break;
            case ARRAY:
                if (type instanceof ArrayType) {
                    DataType items = ((ArrayType) type).elementType();
                    return new ObjectReaders.OfArray(reader(schema.getElementType(), items, place + "[]", true));
                }
                break;
            case MAP:
                if (type instanceof MapType) {
                    DataType values = ((MapType) type).valueType();
                    return new ObjectReaders.OfMap(reader(schema.getValueType(), values, place + "{}", true));
                }
                break;
            case UNION:
                return union(schema.getTypes(), type, place, isInCollection);
        }
        throw new UncoveredTypeException(place, named(schema) + ", to Spark " + type.simpleString());
    }

    /** A union of one type, which Spark takes for that type, or of null and another, which Spark takes for the other. */
    private FieldReader union(List<Schema> branches, DataType type, String place, boolean isInCollection)
        throws UncoveredTypeException {
        long others = branches.stream().filter(branch -> branch.getType() != Schema.Type.NULL).count();
        if (others != 1) throw new UncoveredTypeException(place, "a union of " + others + " types beside null");
        FieldReader[] readers = new FieldReader[branches.size()];
        for (int index = 0; index < readers.length; index++) {
            Schema branch = branches.get(index);
            readers[index] = branch.getType() == Schema.Type.NULL
                ? new ObjectReaders.OfNull()
                : reader(branch, type, place, isInCollection);
        }
        return new ObjectReaders.OfUnion(readers);
    }

    private static String named(Schema schema) {
        String base = schema.getType().getName();
        return schema.getLogicalType() == null ? base : base + " (" + schema.getLogicalType().getName() + ")";
    }
}
