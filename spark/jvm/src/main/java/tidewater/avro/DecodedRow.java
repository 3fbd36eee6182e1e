package tidewater.avro;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecializedGettersReader;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.unsafe.types.CalendarInterval;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * A record as Spark reads it. Numbers lie unboxed in one array: a row that is used again for the next value costs no garbage but the
 * objects its fields are.
 */
final class DecodedRow extends InternalRow {
    private static final long serialVersionUID = 1L;
    /** In the place of an object: the field is a number and lies in `numbers`. */
    private static final Object NUMBER = "number";

    private final long[] numbers;
    /** Null for a field that is null. */
    private final Object[] objects;

    DecodedRow(int fields) {
        this(new long[fields], new Object[fields]);
    }

    private DecodedRow(long[] numbers, Object[] objects) {
        this.numbers = numbers;
        this.objects = objects;
    }

    @Override
    public int numFields() {
        return objects.length;
    }

    @Override
    public boolean isNullAt(int ordinal) {
        return objects[ordinal] == null;
    }

    @Override
    public void setNullAt(int ordinal) {
        objects[ordinal] = null;
    }

    void setObject(int ordinal, Object value) {
        objects[ordinal] = value;
    }

    @Override
    public void setLong(int ordinal, long value) {
        numbers[ordinal] = value;
        objects[ordinal] = NUMBER;
    }

    @Override
    public void setInt(int ordinal, int value) {
        setLong(ordinal, value);
    }

    @Override
    public void setBoolean(int ordinal, boolean value) {
        setLong(ordinal, value ? 1 : 0);
    }

    @Override
    public void setFloat(int ordinal, float value) {
        setLong(ordinal, Float.floatToRawIntBits(value));
    }

    @Override
    public void setDouble(int ordinal, double value) {
        setLong(ordinal, Double.doubleToRawLongBits(value));
    }

    @Override
    public boolean getBoolean(int ordinal) {
        return numbers[ordinal] != 0;
    }

    @Override
    public byte getByte(int ordinal) {
        return (byte) numbers[ordinal];
    }

    @Override
    public short getShort(int ordinal) {
        return (short) numbers[ordinal];
    }

    @Override
    public int getInt(int ordinal) {
        return (int) numbers[ordinal];
    }

    @Override
    public long getLong(int ordinal) {
        return numbers[ordinal];
    }

    @Override
    public float getFloat(int ordinal) {
        return Float.intBitsToFloat((int) numbers[ordinal]);
    }

    @Override
    public double getDouble(int ordinal) {
        return Double.longBitsToDouble(numbers[ordinal]);
    }

    @Override
    public Decimal getDecimal(int ordinal, int precision, int scale) {
        return (Decimal) objects[ordinal];
    }

    @Override
    public UTF8String getUTF8String(int ordinal) {
        return (UTF8String) objects[ordinal];
    }

    @Override
    public byte[] getBinary(int ordinal) {
        return (byte[]) objects[ordinal];
    }

    @Override
    public InternalRow getStruct(int ordinal, int fields) {
        return (InternalRow) objects[ordinal];
    }

    @Override
    public ArrayData getArray(int ordinal) {
        return (ArrayData) objects[ordinal];
    }

    @Override
    public MapData getMap(int ordinal) {
        return (MapData) objects[ordinal];
    }

    @Override
    public Object get(int ordinal, DataType dataType) {
        return SpecializedGettersReader.read(this, ordinal, dataType, true, true);
    }

    @Override
    public DecodedRow copy() {
        Object[] copied = new Object[objects.length];
        for (int ordinal = 0; ordinal < copied.length; ordinal++) copied[ordinal] = copyValue(objects[ordinal]);
        return new DecodedRow(numbers.clone(), copied);
    }

    /** Avro has no intervals. */
    @Override
    public CalendarInterval getInterval(int ordinal) {
        throw new UnsupportedOperationException("A decoded record has no interval");
    }

    /** Spark writes fields only into rows it has made itself. */
    @Override
    public void update(int ordinal, Object value) {
        throw new UnsupportedOperationException("A decoded record is written by its decoder alone");
    }
}
