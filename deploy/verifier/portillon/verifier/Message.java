package portillon.verifier;

import java.util.List;

/** A request as the server received it: nothing decoded, nothing rewritten. */
interface Message {
  String method();

  /** The Host header. */
  String host();

  /** Path and query as they stood in the request line. */
  String target();

  /** Every value of the fields of that name, in order; one character a byte. */
  List<String> values(String name);
}
