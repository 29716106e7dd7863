package portillon.verifier;

/** Why a request is not believed; for the log of the server, never for whoever sent it. */
final class Refused extends Exception {
  private static final long serialVersionUID = 1L;

  Refused(String reason) {
    // Without a stack trace: a stranger must not be able to make the server work.
    super(reason, null, false, false);
  }
}
