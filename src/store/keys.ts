/**
 * Every key of the store: prefix, owner, content, life. Identifiers that a visitor holds (session ids, browser ids, attempt
 * ids) are stored as SHA-256 digests, so that a dump of the store opens nothing (S-21); logins and addresses in counters are
 * keyed digests. Adding a key means adding it here; test/contract checks that nothing else is written.
 *
 * | key | owner | content | life |
 * |---|---|---|---|
 * | session:<digest> | session/ | the session record (JSON): who, how, when; no secret | idle limit, at most the absolute limit |
 * | account-sessions:<realm>:<account> | session/ | set of `<session digest>:<its absolute end>` | absolute limit |
 * | attempt:<digest> | sign-in/attempt | the sign-in under way (JSON): site, target, account, methods proved | 15 min |
 * | browser-attempts:<digest> | sign-in/attempt | set of attempt digests of one browser, 8 at most | 15 min |
 * | code:<attempt digest> | methods/email-code | keyed hash of the code, generation, until when (JSON) | email-code.lifetime |
 * | code-mail:<attempt digest> | methods/email-code | what became of the mail: queued, sent, failed | 15 min |
 * | count:<what>:<keyed digest> | sign-in/throttle | failures or mails so far | the window of that limit |
 * | wait:<what>:<keyed digest> | sign-in/throttle | present while the next try has to wait | the wait |
 *
 * Channels: `session-ended` (message: session digest).
 */
export const keys = {
  session: (digest: string) => `session:${digest}`,
  accountSessions: (realm: string, account: string) => `account-sessions:${realm}:${account}`,
  attempt: (digest: string) => `attempt:${digest}`,
  browserAttempts: (digest: string) => `browser-attempts:${digest}`,
  code: (attempt: string) => `code:${attempt}`,
  codeMail: (attempt: string) => `code-mail:${attempt}`,
  count: (what: string, digest: string) => `count:${what}:${digest}`,
  wait: (what: string, digest: string) => `wait:${what}:${digest}`,
} as const

export const channels = { sessionEnded: 'session-ended' } as const
