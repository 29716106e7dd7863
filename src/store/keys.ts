/**
 * Every key of the store: prefix, owner, content, life. Identifiers that a visitor holds (session ids, browser ids, attempt
 * ids) are stored as SHA-256 digests, so that a dump of the store opens nothing (S-21); logins and addresses in counters are
 * keyed digests. Adding a key means adding it here; test/contract checks that nothing else is written.
 *
 * | key | owner | content | life |
 * |---|---|---|---|
 * | session:<digest> | session/ | the session record (JSON): who, how, when; no secret | idle limit, at most the absolute limit |
 * | account-sessions:<realm>:<account> | session/ | set of `<session digest>:<its absolute end>` | absolute limit |
 * | session-end:<digest> | session/ends | when the session ends in any case, and in one word why it was ended: still known when the session is over, for the sign-in page | absolute limit + 1 h |
 * | attempt:<digest> | sign-in/attempt | the sign-in under way (JSON): site, target, account, methods proved | 15 min |
 * | browser-attempts:<digest> | sign-in/attempt | set of attempt digests of one browser, 8 at most | 15 min |
 * | pending-link:<digest> | sign-in/pending-links | a card or an account at a provider that its owner is asked whether to link (JSON): account, national identifier or issuer and subject | 10 min |
 * | code:<attempt digest> | methods/email-code | keyed hash of the code, generation, until when (JSON) | email-code.lifetime |
 * | code-mail:<attempt digest> | methods/email-code | what became of the mail: queued, sent, failed | 15 min |
 * | enrolment:<digest of the session or attempt that enrols> | methods/totp | account, and the secret that waits for its first code, encrypted (AES-256-GCM) | 15 min |
 * | enrolment:email.<digest of the session> | methods/email-code | account, address that waits for its code, keyed hash of the code (JSON) | email-code.lifetime |
 * | passkey-challenge:<attempt, holder or browser>.<its digest> | methods/passkey | the challenge that a passkey is to sign; public, taken once | 5 min |
 * | provider-state:<digest of site, browser and state> | methods/oidc | what has to be known when a browser comes back from its provider (nonce, code verifier, target): encrypted (AES-256-GCM) with a key that needs the state too; taken once | 15 min |
 * | provider-session:<digest of site and the browser's handle> | methods/oidc | a session at a provider, as its browser may end it: ID token, its names for session and person; encrypted (AES-256-GCM) with a key that needs the handle too | session.absolute |
 * | provider-sessions:<digest of site, issuer, and its name for a session or a person> | methods/oidc | set of `<session digest>:<its absolute end>`: which sessions end when the provider says that one of its own has | session.absolute |
 * | provider-logout:<digest of site, browser and state> | methods/oidc | one word: this browser has gone to the provider to sign out; taken once | 10 min |
 * | practice-choice:<digest of site, browser and handle> | methods/oidc | a proof of Pro Santé Connect whose owner is asked in which practice they work: encrypted (AES-256-GCM) with a key that needs the handle too; taken once | 10 min |
 * | logout-token:<digest of site, issuer and jti> | methods/oidc | present when that logout token has served | 10 min |
 * | card-journey:<digest> | portal/card | somebody is on the way to show their card (JSON): site, digest of the browser, sealed target, digest of the attempt; taken once | 10 min |
 * | card-ticket:<digest> | portal/card | what became of it (JSON): the same, and the id of the person with serial and issuer of the certificate, or why it was refused; taken once | 2 min |
 * | reset-link:<digest> | passwords/links | a link for a new password (JSON): site, realm, account, until when, keyed digest of the password's date and the address | password.reset-link + 24 h |
 * | reset-newest:<realm>:<account> | passwords/links | digest of the newest link of an account: the others are dead | password.reset-link + 24 h |
 * | reset-used:<digest> | passwords/links | present when that link has served | 24 h |
 * | not-me:<digest> | notices/links | what somebody may say that it was not them (JSON): site, realm, account, which notice, by whom, id of the factor, when, device and network address, until when | 96 h |
 * | not-me-used:<digest> | notices/links | present when that link has served | 72 h |
 * | session-owner:<session digest> | kept-forms/owners | keyed digest of realm and account of whoever opened the session: still known when the session is over, so that a form is kept for that person only | absolute limit + 1 h |
 * | kept-form:<digest> | kept-forms/kept-forms | a form that arrived when its session had ended: all of it encrypted (AES-256-GCM) with a key that needs the handle too, which only the browser has | 30 min |
 * | kept-form-state:<digest> | kept-forms/kept-forms | one word: released, sent, unsure, declined, foreign | released 1 min, the others 1 h |
 * | count:<what>:<keyed digest> | kept-forms, passwords, methods | mails, links, tries at one code or kept forms so far | the window of that limit |
 * | wait:code:<digest> | methods/email-code | present while another code has to wait | email-code.resend-after |
 * | tries:<what>:<keyed digest> | sign-in/throttle | how many tries have passed, and until when none does: of an account (`account`, `run`, `code`), of an account from one place (`pair`) or one browser (`browser`), of a place (`place`, `wide-place`), of a site (`site`) | the window of that budget, 7 days at most |
 * | let-in:<keyed digest> | sign-in/throttle | present while an operator lets an account in, whatever fails around it | 15 min |
 * | call-used:<digest> | methods/contextual-call/once | present: this call of a partner was taken | until the call could no longer be taken, 3 min |
 * | call-memory | methods/contextual-call/once | since when used calls are remembered, milliseconds: gone with everything else when the store loses its memory | 20 d, renewed |
 * | call:<digest> | methods/contextual-call/pending | a verified call on its way (who, which patient): all of it encrypted (AES-256-GCM) | 15 min |
 * | call-opened:<digest> | methods/contextual-call/pending | present once a session was asked for by that call | 15 min |
 * | call-suspended:<site>:<partner> | methods/contextual-call/suspension | present while an operator has suspended a partner | until taken back, 3,650 d at most |
 * | source-round:<source> | accounts/linked | one word: some node asks this source about people who are signed in | until the next round |
 *
 * Channels: `session-ended` (message: session digest, and why in one word).
 */
export const keys = {
  session: (digest: string) => `session:${digest}`,
  accountSessions: (realm: string, account: string) => `account-sessions:${realm}:${account}`,
  sessionEnd: (digest: string) => `session-end:${digest}`,
  attempt: (digest: string) => `attempt:${digest}`,
  browserAttempts: (digest: string) => `browser-attempts:${digest}`,
  pendingLink: (digest: string) => `pending-link:${digest}`,
  code: (attempt: string) => `code:${attempt}`,
  codeMail: (attempt: string) => `code-mail:${attempt}`,
  enrolment: (holder: string) => `enrolment:${holder}`,
  passkeyChallenge: (asked: string) => `passkey-challenge:${asked}`,
  providerState: (digest: string) => `provider-state:${digest}`,
  providerSession: (digest: string) => `provider-session:${digest}`,
  providerSessions: (digest: string) => `provider-sessions:${digest}`,
  providerLogout: (digest: string) => `provider-logout:${digest}`,
  practiceChoice: (digest: string) => `practice-choice:${digest}`,
  logoutToken: (digest: string) => `logout-token:${digest}`,
  cardJourney: (digest: string) => `card-journey:${digest}`,
  cardTicket: (digest: string) => `card-ticket:${digest}`,
  resetLink: (digest: string) => `reset-link:${digest}`,
  resetNewest: (realm: string, account: string) => `reset-newest:${realm}:${account}`,
  resetUsed: (digest: string) => `reset-used:${digest}`,
  notMe: (digest: string) => `not-me:${digest}`,
  notMeUsed: (digest: string) => `not-me-used:${digest}`,
  sessionOwner: (session: string) => `session-owner:${session}`,
  keptForm: (digest: string) => `kept-form:${digest}`,
  keptFormState: (digest: string) => `kept-form-state:${digest}`,
  callUsed: (digest: string) => `call-used:${digest}`,
  callMemory: () => 'call-memory',
  call: (digest: string) => `call:${digest}`,
  callOpened: (digest: string) => `call-opened:${digest}`,
  callSuspended: (site: string, partner: string) => `call-suspended:${site}:${partner}`,
  count: (what: string, digest: string) => `count:${what}:${digest}`,
  sourceRound: (source: string) => `source-round:${source}`,
  wait: (what: string, digest: string) => `wait:${what}:${digest}`,
  tries: (what: string, digest: string) => `tries:${what}:${digest}`,
  letIn: (digest: string) => `let-in:${digest}`,
} as const

export const channels = { sessionEnded: 'session-ended' } as const
