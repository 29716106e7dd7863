package portillon.verifier;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON (RFC 8259) into Map, List, String, Long or Double, Boolean and null. Strict: a name twice in one object, or anything after
 * the value, is refused, since another reader could see something else.
 */
final class Json {
  private static final int DEEPEST = 16;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** @throws IllegalArgumentException for what is no JSON */
  static Object read(String text) {
    Json json = new Json(text);
    Object value = json.value(0);
    json.blanks();
    if (json.at != text.length()) throw json.fault();
    return value;
  }

  private Object value(int depth) {
    blanks();
    if (depth > DEEPEST || at >= text.length()) throw fault();
    char first = text.charAt(at);
    if (first == '{') return object(depth);
    if (first == '[') return list(depth);
    if (first == '"') return string();
    if (word("true")) return Boolean.TRUE;
    if (word("false")) return Boolean.FALSE;
    if (word("null")) return null;
    return number();
  }

  private Map<String, Object> object(int depth) {
    Map<String, Object> object = new LinkedHashMap<>();
    at += 1;
    if (next('}')) return object;
    do {
      blanks();
      String name = string();
      if (!next(':') || object.containsKey(name)) throw fault();
      object.put(name, value(depth + 1));
    } while (next(','));
    if (!next('}')) throw fault();
    return object;
  }

  private List<Object> list(int depth) {
    List<Object> list = new ArrayList<>();
    at += 1;
    if (next(']')) return list;
    do list.add(value(depth + 1)); while (next(','));
    if (!next(']')) throw fault();
    return list;
  }

  private String string() {
    if (!next('"')) throw fault();
    StringBuilder string = new StringBuilder();
    while (at < text.length()) {
      char letter = text.charAt(at++);
      if (letter == '"') return string.toString();
      if (letter < ' ') throw fault();
      string.append(letter == '\\' ? escaped() : letter);
    }
    throw fault();
  }

  private char escaped() {
    if (at >= text.length()) throw fault();
    char letter = text.charAt(at++);
    if (letter == 'u') {
      String digits = text.substring(at, Math.min(at + 4, text.length()));
      if (!digits.matches("[0-9A-Fa-f]{4}")) throw fault();
      at += 4;
      return (char) Integer.parseInt(digits, 16);
    }
    int which = "\"\\/bfnrt".indexOf(letter);
    if (which < 0) throw fault();
    return "\"\\/\b\f\n\r\t".charAt(which);
  }

  private Object number() {
    int start = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at += 1;
    String number = text.substring(start, at);
    if (number.matches("-?(?:0|[1-9][0-9]{0,17})")) return Long.valueOf(number);
    if (number.matches("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")) return Double.valueOf(number);
    throw fault();
  }

  private boolean word(String word) {
    if (!text.startsWith(word, at)) return false;
    at += word.length();
    return true;
  }

  private boolean next(char wanted) {
    blanks();
    if (at >= text.length() || text.charAt(at) != wanted) return false;
    at += 1;
    return true;
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at += 1;
  }

  private IllegalArgumentException fault() {
    return new IllegalArgumentException("no JSON at character " + at);
  }
}
