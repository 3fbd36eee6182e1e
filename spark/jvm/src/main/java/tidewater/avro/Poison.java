package tidewater.avro;

/** The bytes are no record of the schema. Where and why is explained elsewhere, for these values alone: this one only has to be cheap. */
final class Poison extends RuntimeException {
    private static final long serialVersionUID = 1L;
    static final Poison POISON = new Poison();

    private Poison() {
        super("not a record of the schema", null, false, false);
    }
}
