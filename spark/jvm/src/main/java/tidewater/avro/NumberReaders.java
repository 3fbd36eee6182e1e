package tidewater.avro;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.spark.sql.catalyst.util.DateTimeUtils;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.DecimalType;
import scala.Function1;

/** Readers of what Spark keeps as numbers; into a row they write without boxing. */
final class NumberReaders {
    private NumberReaders() {
    }

    static final class OfBoolean extends FieldReader {
        @Override
        void read(AvroInput in, DecodedRow row, int ordinal) {
            row.setBoolean(ordinal, in.readBoolean());
        }

        @Override
        Object read(AvroInput in) {
            return in.readBoolean();
        }
    }

    static final class OfInt extends FieldReader {
        @Override
        void read(AvroInput in, DecodedRow row, int ordinal) {
            row.setInt(ordinal, in.readInt());
        }

        @Override
        Object read(AvroInput in) {
            return in.readInt();
        }
    }

    static final class OfLong extends FieldReader {
        @Override
        void read(AvroInput in, DecodedRow row, int ordinal) {
            row.setLong(ordinal, in.readLong());
        }

        @Override
        Object read(AvroInput in) {
            return in.readLong();
        }
    }

    static final class OfFloat extends FieldReader {
        @Override
        void read(AvroInput in, DecodedRow row, int ordinal) {
            row.setFloat(ordinal, in.readFloat());
        }

        @Override
        Object read(AvroInput in) {
            return in.readFloat();
        }
    }

    static final class OfDouble extends FieldReader {
        @Override
        void read(AvroInput in, DecodedRow row, int ordinal) {
            row.setDouble(ordinal, in.readDouble());
        }

        @Override
        Object read(AvroInput in) {
            return in.readDouble();
        }
    }

    static final class OfDate extends FieldReader {
        private final Function1<Object, Object> rebase;

        /** @param rebase Spark's own, from days to days; it throws for those its setting refuses */
        OfDate(Function1<Object, Object> rebase) {
            this.rebase = rebase;
        }

        @Override
        void read(AvroInput in, DecodedRow row, int ordinal) {
            row.setInt(ordinal, days(in));
        }

        @Override
        Object read(AvroInput in) {
            return days(in);
        }

        private int days(AvroInput in) {
            int days = in.readInt();
            try {
                return rebase.apply$mcII$sp(days);
            } catch (RuntimeException refused) {
                throw Poison.POISON;
            }
        }
    }

    static final class OfTimestamp extends FieldReader {
        private final boolean isMillis;
        private final Function1<Object, Object> rebase;

        /** @param rebase Spark's own, from microseconds to microseconds; it throws for those its setting refuses */
        OfTimestamp(boolean isMillis, Function1<Object, Object> rebase) {
            this.isMillis = isMillis;
            this.rebase = rebase;
        }

        @Override
        void read(AvroInput in, DecodedRow row, int ordinal) {
            row.setLong(ordinal, micros(in));
        }

        @Override
        Object read(AvroInput in) {
            return micros(in);
        }

        private long micros(AvroInput in) {
            long value = in.readLong();
            try {
                return rebase.apply$mcJJ$sp(isMillis ? DateTimeUtils.millisToMicros(value) : value);
            } catch (RuntimeException overflowOrRefused) {
                throw Poison.POISON;
            }
        }
    }

    static final class OfDecimal extends FieldReader {
        private static final int SIZE_IN_LENGTH = -1;
        private final int size;
        private final int precision;
        private final int scale;

        private OfDecimal(int size, DecimalType type) {
            this.size = size;
            this.precision = type.precision();
            this.scale = type.scale();
        }

        static OfDecimal inBytes(DecimalType type) {
            return new OfDecimal(SIZE_IN_LENGTH, type);
        }

        static OfDecimal inFixed(int size, DecimalType type) {
            return new OfDecimal(size, type);
        }

        @Override
        Object read(AvroInput in) {
            byte[] unscaled = size == SIZE_IN_LENGTH ? in.readBytes() : in.readFixed(size);
            // No bytes are no number.
            if (unscaled.length == 0) throw Poison.POISON;
            BigInteger number = new BigInteger(unscaled);
            try {
                // As from_avro has it: of a number that needs more than 64 bits, a small precision looks at the low ones alone.
                return precision <= Decimal.MAX_LONG_DIGITS()
                    ? Decimal.apply(number.longValue(), precision, scale)
                    : Decimal.apply(new BigDecimal(number, scale), precision, scale);
            } catch (ArithmeticException tooManyDigits) {
                throw Poison.POISON;
            }
        }
    }
}
