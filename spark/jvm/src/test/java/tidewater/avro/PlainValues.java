package tidewater.avro;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** A row of Spark as lists, maps and plain values that compare; text and binary alike as bytes. */
final class PlainValues {
    private PlainValues() {
    }

    static Object bytes(byte[] bytes) {
        return ByteBuffer.wrap(bytes);
    }

    static List<Object> fields(InternalRow row, StructType type) {
        List<Object> values = new ArrayList<>();
        for (int ordinal = 0; ordinal < type.size(); ordinal++) {
            DataType field = type.apply(ordinal).dataType();
            values.add(row.isNullAt(ordinal) ? null : plain(row.get(ordinal, field), field));
        }
        return values;
    }

    private static Object plain(Object value, DataType type) {
        if (value == null) return null;
        if (type instanceof StructType) return fields((InternalRow) value, (StructType) type);
        if (type instanceof ArrayType) return items((ArrayData) value, ((ArrayType) type).elementType());
        if (type instanceof MapType) return entries((MapData) value, (MapType) type);
        if (value instanceof UTF8String) return bytes(((UTF8String) value).getBytes());
        if (value instanceof byte[]) return bytes((byte[]) value);
        if (value instanceof Decimal) return ((Decimal) value).toJavaBigDecimal();
        return value;
    }

    private static List<Object> items(ArrayData array, DataType type) {
        List<Object> values = new ArrayList<>();
        for (Object item : array.toObjectArray(type)) values.add(plain(item, type));
        return values;
    }

    private static Map<Object, Object> entries(MapData map, MapType type) {
        List<Object> keys = items(map.keyArray(), type.keyType());
        List<Object> values = items(map.valueArray(), type.valueType());
        Map<Object, Object> entries = new HashMap<>();
        for (int index = 0; index < keys.size(); index++) entries.put(keys.get(index), values.get(index));
        if (entries.size() != keys.size()) throw new AssertionError("a key twice: " + keys);
        return entries;
    }
}
