package tidewater.avro;

/** The compiled decoder has no reader for a type of the schema. */
final class UncoveredTypeException extends Exception {
    private static final long serialVersionUID = 1L;

    UncoveredTypeException(String place, String type) {
        super(place + " is " + type);
    }
}
