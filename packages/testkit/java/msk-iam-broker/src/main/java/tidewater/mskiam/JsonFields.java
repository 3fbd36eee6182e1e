package tidewater.mskiam;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A JSON object whose fields are read with their type and bounds, and which knows its place for
 * messages.
 */
final class JsonFields {
  private final String place;
  private final JsonNode object;

  /**
   * @throws IamConfigurationException when the node is not an object
   */
  JsonFields(String place, JsonNode node) {
    if (node == null || !node.isObject()) {
      throw new IamConfigurationException(place + " is " + kindOf(node) + ". Expected: an object.");
    }
    this.place = place;
    this.object = node;
  }

  String place() {
    return place;
  }

  /** A field that is null counts as left out. */
  boolean has(String field) {
    return object.hasNonNull(field);
  }

  /** A misspelt field must be an error, not a default that is silently in force. */
  void allowOnly(Set<String> fields) {
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!fields.contains(name)) {
        throw new IamConfigurationException(
            place(name) + " is unknown. Expected: one of " + new TreeSet<>(fields) + ".");
      }
    }
  }

  String text(String field) {
    JsonNode value = object.get(field);
    if (value == null || !value.isTextual() || value.textValue().isEmpty()) {
      throw invalid(field, kindOf(value), "a string that is not empty");
    }
    return value.textValue();
  }

  String optionalText(String field, String fallback) {
    return has(field) ? text(field) : fallback;
  }

  int integer(String field, int fallback, int least, int most) {
    if (!has(field)) return fallback;
    JsonNode value = object.get(field);
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < least
        || value.intValue() > most) {
      String found = value.isNumber() ? value.asText() : kindOf(value);
      throw invalid(field, found, "a whole number within " + least + " and " + most);
    }
    return value.intValue();
  }

  boolean flag(String field, boolean fallback) {
    if (!has(field)) return fallback;
    JsonNode value = object.get(field);
    if (!value.isBoolean()) throw invalid(field, kindOf(value), "true or false");
    return value.booleanValue();
  }

  /** At least one, none of them empty. */
  List<String> texts(String field) {
    JsonNode value = object.get(field);
    if (value == null || !value.isArray() || value.isEmpty()) {
      throw invalid(
          field, value != null && value.isArray() ? "empty" : kindOf(value), "a list of strings");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode item : value) {
      if (!item.isTextual() || item.textValue().isEmpty()) {
        throw invalid(field + "[" + texts.size() + "]", kindOf(item), "a string that is not empty");
      }
      texts.add(item.textValue());
    }
    return List.copyOf(texts);
  }

  /** IAM lets a list of one be written as the one. */
  List<String> textOrTexts(String field) {
    JsonNode value = object.get(field);
    return value != null && value.isTextual() ? List.of(text(field)) : texts(field);
  }

  List<JsonFields> objects(String field) {
    JsonNode value = object.get(field);
    if (value == null || !value.isArray()) throw invalid(field, kindOf(value), "a list of objects");
    List<JsonFields> objects = new ArrayList<>();
    for (JsonNode item : value)
      objects.add(new JsonFields(place(field) + "[" + objects.size() + "]", item));
    return objects;
  }

  List<JsonFields> objectOrObjects(String field) {
    JsonNode value = object.get(field);
    return value != null && value.isObject()
        ? List.of(new JsonFields(place(field), value))
        : objects(field);
  }

  /** The field as it is, for comparing. */
  JsonNode raw(String field) {
    return object.get(field);
  }

  /**
   * @param found never a secret
   */
  IamConfigurationException invalid(String field, String found, String expected) {
    return new IamConfigurationException(
        place(field) + " is " + found + ". Expected: " + expected + ".");
  }

  private String place(String field) {
    return place.isEmpty() ? field : place + "." + field;
  }

  // Says what kind of value it is, not the value: it may be a secret in the wrong field.
  private static String kindOf(JsonNode node) {
    if (node == null || node.isMissingNode()) return "missing";
    if (node.isTextual()) return node.textValue().isEmpty() ? "an empty string" : "a string";
    if (node.isNull()) return "null";
    if (node.isArray()) return "a list";
    if (node.isObject()) return "an object";
    return node.isBoolean() ? "a boolean" : "a number";
  }
}
