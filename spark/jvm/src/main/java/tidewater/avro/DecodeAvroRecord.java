package tidewater.avro;

import java.io.Serializable;
import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.codegen.CodeBlock;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.DataType;
import scala.collection.IndexedSeq;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * The struct that a binary column holds in Avro's encoding, null for a value that is not exactly one record of the schema. A unary
 * expression; Catalyst's trait of that name can't be extended from Java.
 */
public final class DecodeAvroRecord extends Expression implements Serializable {
    private static final long serialVersionUID = 1L;

    private final Expression child;
    private final String schemaJson;
    private final int maxValueBytes;
    private final int maxCollectionItems;
    private final String rebaseMode;
    private transient DataType type;
    private transient RecordDecoder interpreted;

    /** Its parameters are its product's elements, in their order: Catalyst copies expressions by reflection. */
    public DecodeAvroRecord(
        Expression child, String schemaJson, int maxValueBytes, int maxCollectionItems, String rebaseMode) {
        this.child = child;
        this.schemaJson = schemaJson;
        this.maxValueBytes = maxValueBytes;
        this.maxCollectionItems = maxCollectionItems;
        this.rebaseMode = rebaseMode;
    }

    /** Public for the code that Spark generates, which keeps one for each task. */
    public RecordDecoder newDecoder() {
        try {
            return new RecordDecoder(schema(), maxValueBytes, maxCollectionItems, rebaseMode);
        } catch (UncoveredTypeException uncovered) {
            throw new IllegalArgumentException(uncovered);
        }
    }

    private Schema schema() {
        return new Schema.Parser().parse(schemaJson);
    }

    @Override
    public DataType dataType() {
        if (type == null) type = SchemaCompiler.typeOf(schema());
        return type;
    }

    @Override
    public boolean nullable() {
        return true;
    }

    /** It is, but Spark must neither push a filter on the record below this nor merge it into its users: each would decode again. */
    @Override
    public boolean deterministic() {
        return false;
    }

    @Override
    public Object eval(InternalRow input) {
        Object value = child.eval(input);
        if (value == null) return null;
        if (interpreted == null) interpreted = newDecoder();
        return interpreted.decode((byte[]) value);
    }

    @Override
    public ExprCode doGenCode(CodegenContext context, ExprCode target) {
        ExprCode value = child.genCode(context);
        String self = context.addReferenceObj("decodeAvroRecord", this, DecodeAvroRecord.class.getName());
        String decoder = context.addMutableState(
            RecordDecoder.class.getName(), "avroDecoder", name -> name + " = " + self + ".newDecoder();", true, true);
        String rowClass = InternalRow.class.getName();
        String code = String.format(
            "%s %s = %s ? null : (%s) %s.decode(%s);%nboolean %s = %s == null;%n",
            rowClass, target.value(), value.isNull(), rowClass, decoder, value.value(), target.isNull(), target.value());
        return target.copy(
            value.code().$plus(new CodeBlock(seq(code), seq())), target.isNull(), target.value());
    }

    @SafeVarargs
    private static <T> Seq<T> seq(T... elements) {
        return JavaConverters.asScalaBuffer(java.util.List.of(elements)).toSeq();
    }

    @Override
    public Seq<Expression> children() {
        return seq(child);
    }

    @Override
    public Expression withNewChildrenInternal(IndexedSeq<Expression> children) {
        return new DecodeAvroRecord(children.head(), schemaJson, maxValueBytes, maxCollectionItems, rebaseMode);
    }

    @Override
    public int productArity() {
        return 5;
    }

    @Override
    public Object productElement(int index) {
        return new Object[] {child, schemaJson, maxValueBytes, maxCollectionItems, rebaseMode}[index];
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof DecodeAvroRecord;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof DecodeAvroRecord)) return false;
        DecodeAvroRecord that = (DecodeAvroRecord) other;
        return child.equals(that.child)
            && schemaJson.equals(that.schemaJson)
            && maxValueBytes == that.maxValueBytes
            && maxCollectionItems == that.maxCollectionItems
            && rebaseMode.equals(that.rebaseMode);
    }

    @Override
    public int hashCode() {
        return 31 * child.hashCode() + schemaJson.hashCode();
    }

    @Override
    public String prettyName() {
        return "decode_avro_record";
    }

    @Override
    public String toString() {
        return prettyName() + "(" + child + ")";
    }
}
