/** How something ended, for whoever tried it: a refusal is a failure, however right it was. */
export type EventResult = 'success' | 'failure'

interface EventKind {
  readonly result: EventResult
  /** Strangers can cause as many as they like: many alike are counted, not written one by one (dampen.ts). */
  readonly isFlood?: true
  /** For the manual (deploy/events.md, made by `npm run generate`): what happened, and what `detail` says then. */
  readonly means: string
}

/**
 * The closed list of what is recorded. A name is never reused; nothing outside this list is written to the trail. Its
 * result belongs to the event, so that no caller can record a refusal as a success.
 */
export const EVENTS = {
  'sign-in.password-accepted': {
    result: 'success',
    means: 'Identifier and password were right; the way may ask more.',
  },
  'sign-in.password-refused': {
    result: 'failure',
    means:
      'They were not. `detail`: `unknown` (no such account; what was typed is never recorded), `wrong`, `disabled`, `malformed`; from a directory also `locked` and `expired`; from any source of accounts elsewhere `ambiguous` (several people have this login), `unreadable` (what it says of the person cannot be used), `unverifiable` (a hash of unknown form).',
  },
  'sign-in.code-sent': { result: 'success', means: 'A code was made and its mail is waiting to leave.' },
  'sign-in.code-undelivered': {
    result: 'failure',
    means: 'The mail server did not take that mail, however often it was asked: the log says why.',
  },
  'sign-in.code-accepted': { result: 'success', means: 'The code was right.' },
  'sign-in.code-refused': {
    result: 'failure',
    means:
      'A code was typed and not accepted. `detail`: `wrong`, `expired`, `dead` (too many tries), `replaced`, `used`, `clock-apart` (an application whose clock is wrong).',
  },
  'sign-in.passkey-accepted': {
    result: 'success',
    means: 'A passkey was right: after the password, or alone, where the policy allows it.',
  },
  'sign-in.passkey-refused': {
    result: 'failure',
    isFlood: true,
    means:
      'It was not. `detail`: `cloned` (its counter goes backwards: there may be a copy; take it away from the account), `origin` (it was asked for by another page, perhaps one that imitates ours), `site`, `challenge`, `signature`, `unverified` (the person did not prove to it who they are), `unknown` and `foreign` (nobody’s, or somebody else’s), `disabled`, `expired` (the page was left too long, or the same answer was sent twice), `malformed`, `not-enrolled` (right, but no open way of this account ends with it).',
  },
  'sign-in.provider-refused': {
    result: 'failure',
    isFlood: true,
    means:
      'Somebody came back from Pro Santé Connect or another provider, or wanted to go there, and nothing came of it. `method`: which; `detail`: what was wrong, then the issuer. The provider said no: its error (`access_denied`: cancelled there), or `unknown`; it did not answer: `timeout`, `unreachable`, `certificate`, `redirect`, `too-large`, `encoded`, `server-error`, `paused` (left alone for a while after failures), a description that is not its own (`issuer`) or none; its answer was not believed: `state` (never was, served, too old, or of another browser), `issuer` (of another provider), `refused-there` (the code), `nonce-wrong`, `expired` and other faults of a token, `acr-refused`, `acr-absent`, `proof-too-old`, `proof-undated` (not strong or not fresh enough), `national-id-missing`, `national-id-malformed`, `userinfo-…`; or, on the page that asks for the practice, `practice-foreign` (one that was not offered), `practice-over` (the page was left too long, opened in another browser, or sent twice).',
  },
  'session.ended-at-provider': {
    result: 'success',
    means: 'A provider said that its own session has ended, and the one of the gate that it had opened ended with it.',
  },
  'provider.logout-refused': {
    result: 'failure',
    isFlood: true,
    means:
      'Such a message was not believed. `method`: in whose name it came; `detail`: why (`used`: it came twice), then the issuer.',
  },
  'sign-in.evidence-accepted': {
    result: 'success',
    means:
      'A card, a provider or the call of an establishment named somebody whom the site knows. `method`: which; `detail`: serial and issuer of the certificate, or the issuer.',
  },
  'sign-in.evidence-refused': {
    result: 'failure',
    isFlood: true,
    means:
      'It was right and let nobody in. `detail`: `unknown` (no account has this identity), `ambiguous` (several open accounts have it), `disabled`, `another-person` (not the person whose password was given), `way-closed`, `not-enrolled` (no open way of this account is made of it), `used`; then serial and issuer of the certificate, or the issuer.',
  },
  'sign-in.card-refused': {
    result: 'failure',
    isFlood: true,
    means:
      'A card was to be shown and let nobody in. `detail`: `none` (no certificate was chosen, the code of the card was wrong or not typed), `expired`, `not-yet-valid`, `revoked`, `untrusted` (none of the configured authorities has issued it), `not-for-authentication` (the certificate for signatures), `not-personal` (a card of a service), `kind-not-accepted`, `identity-unreadable`, `malformed`, `revocation-unknown` (the list of revoked cards is too old), `over` (the page was left too long, or opened in another browser); then serial and issuer of the certificate; and `front` with what was wrong when a front handed it over.',
  },
  'sign-in.throttled': {
    result: 'failure',
    isFlood: true,
    means:
      'A try came too soon after too many others, and was not judged. `detail`: at this account from there (`tries`), too many of this account in a row (`run`), of others at the same place (`place`), of a wave on the whole site (`site`).',
  },
  'sign-in.wave': {
    result: 'failure',
    means:
      'So many sign-ins failed that strangers wait from now on; browsers in which people have signed in before do not. `detail`: at one `place`, or on the whole `site`.',
  },
  'sign-in.unlocked': {
    result: 'success',
    means: 'An operator ended the waits of an account. `actor`: who; `detail`: how many budgets were spent.',
  },
  'sign-in.refused': {
    result: 'failure',
    isFlood: true,
    means:
      'A sign-in could not go on. `detail`: `way-closed` (not open today), `not-enrolled` (nothing to send a code to), `used` (the same sign-in was ended twice), `too-soon` and `too-often` (no further code was sent).',
  },
  'factor.added': {
    result: 'success',
    means: 'Somebody added a means of signing in to their account. `method`: which.',
  },
  'factor.removed': {
    result: 'success',
    means:
      'A means of signing in was taken away from an account. `method`: which; `detail`: by whom, when not by the person.',
  },
  'device.remembered': {
    result: 'success',
    means:
      'Somebody wished not to be asked for their second factor in this browser for a while. `detail`: until which day.',
  },
  'device.forgotten': {
    result: 'success',
    means: 'Somebody took that back under « Mon compte ». `detail`: for how many browsers.',
  },
  'notice.sent': {
    result: 'success',
    means:
      'The mail that tells somebody what happened to their account is waiting to leave; of what a command did (`actor`), the mail server has taken it. `detail`: `factor-added`, `factor-removed`, `password-changed`, `address-changed`, `new-device`.',
  },
  'notice.undelivered': {
    result: 'failure',
    means:
      'There was no address, nobody who sends the mails of the site, or the mail server did not take it: the log, or the command (`actor`), says why. `detail`: which notice.',
  },
  'notice.left-out': {
    result: 'success',
    means:
      'A command of an operator changed how somebody signs in, and by `--no-notice` nobody was told by mail. `actor`: who; `detail`: which notice.',
  },
  'notice.disowned': {
    result: 'success',
    means:
      'Somebody said by the link in such a mail that it was not them: sessions and remembered devices ended, what was added since was taken back, the password is worthless where the gate keeps it. `detail`: which notice. Call them.',
  },
  'notice.refused': {
    result: 'failure',
    isFlood: true,
    means: 'Such a link was used that does nothing. `detail`: `expired`, `used`, `unknown`.',
  },
  'call.accepted': {
    result: 'success',
    means:
      'The call of a record system was verified and taken. `detail`: the partner, and a keyed digest of the patient (`patient:-`: none).',
  },
  'call.refused': {
    result: 'failure',
    isFlood: true,
    means:
      'It opened nothing. `detail`: the partner (`-`: nobody who is registered), a keyed digest of the patient, and the reason (deploy/contextual-call.md; `portillon contextual-call explain` says what to do).',
  },
  'call.opened': {
    result: 'success',
    means:
      'The record of the patient was opened by the call, in a session of the account that is named. `detail`: the partner, and the keyed digest of the patient.',
  },
  'call.partner-suspended': { result: 'success', means: 'An operator suspended a partner. `detail`: which.' },
  'call.partner-resumed': { result: 'success', means: 'An operator took that back. `detail`: which partner.' },
  'session.started': {
    result: 'success',
    means:
      'Everything that a way asks was proved: somebody is signed in. `detail`: the level of the way, and the practice that was taken or chosen with Pro Santé Connect (codes of profession, category and speciality, then the structure).',
  },
  'session.ended': {
    result: 'success',
    means: 'Somebody signed out. `detail`: where, or `replaced` by a new sign-in in the same browser.',
  },
  'session.revoked': { result: 'success', means: 'A session was ended by somebody else. `detail`: why.' },
  'form.kept': {
    result: 'success',
    means: 'A form came after the end of its session and was kept. `detail`: its size.',
  },
  'form.sent': { result: 'success', means: 'A kept form was sent to the application by its owner.' },
  'form.dropped': { result: 'success', means: 'A kept form was thrown away. `detail`: by whose doing.' },
  'access.denied': { result: 'failure', isFlood: true, means: 'A rule denied a page to somebody. `detail`: the rule.' },
  'identity.forged': {
    result: 'failure',
    isFlood: true,
    means:
      'A visitor sent headers that only the gate may send; they were dropped. `detail`: their names, never their values.',
  },
  'request.refused': {
    result: 'failure',
    isFlood: true,
    means:
      'A request that no honest browser sends: a form or a WebSocket of another site, an address with two meanings, a question that only a listed proxy may ask. `detail`: the error, and what of it.',
  },
  'request.failed': {
    result: 'failure',
    isFlood: true,
    means:
      'Somebody was shown another error page. `detail`: the error; the log line with the same reference says more.',
  },
  'account.added': { result: 'success', means: 'An account was added, by a command or by an import.' },
  'account.linked': {
    result: 'success',
    means:
      'An account that lives in a directory or a table of another application got its row at the gate. `detail`: where it lives.',
  },
  'account.disabled': {
    result: 'success',
    means: 'An account was closed, by a command or because its source closed or lost it.',
  },
  'account.enabled': { result: 'success', means: 'An account was opened again.' },
  'account.password-set': { result: 'success', means: 'An administrator gave an account another password.' },
  'password.link-sent': { result: 'success', means: 'The mail with a link for a new password is waiting to leave.' },
  'password.link-undelivered': {
    result: 'failure',
    means: 'The mail server did not take that mail: the log says why.',
  },
  'password.link-refused': {
    result: 'failure',
    means:
      'A link was asked for and none went out (`detail`: `unknown` login, `disabled`, `no-address`, `too-often`, `no-sender`), or one was used that does nothing (`expired`, `used`, `replaced` by a newer one, `outdated` by another change, `unknown`).',
  },
  'password.changed': {
    result: 'success',
    means:
      'A person changed their password. `detail`: by a link (`reset`), by `own-wish`, at `first-use`, or because it had `expired`.',
  },
  'password.change-refused': {
    result: 'failure',
    means:
      'Somebody signed in wanted to change the password and did not know the present one. `detail`: `wrong`, `throttled`.',
  },
  'account.email-set': { result: 'success', means: 'The address of an account was changed; the trail holds neither.' },
  'account.factors-reset': {
    result: 'success',
    means: 'Everything that somebody had enrolled to sign in was taken away by an operator, and their sessions ended.',
  },
  'account.identity-linked': {
    result: 'success',
    means:
      'A card, Pro Santé Connect, another provider or a call leads to this account from now on: linked by the person (`method`: by presenting what), or by an operator (`actor`).',
  },
  'account.identity-refused': {
    result: 'failure',
    means:
      'Somebody presented a card or a provider to link it, and it was not. `detail`: `taken` (another account has it), `other-number` (the account is registered under another number), `expired`; then serial and issuer of the certificate, or the issuer.',
  },
  'account.identity-unlinked': {
    result: 'success',
    means: 'An operator took the national identifier away from an account, and its sessions ended.',
  },
  'key.rotated': { result: 'success', means: 'A key of the gate was added. `detail`: its kind and its name.' },
  'gate.started': {
    result: 'success',
    means: 'The gate serves. `actor`: user and machine; `detail`: its version and workers.',
  },
  'gate.stopped': { result: 'success', means: 'The gate was told to stop. A gate that fell leaves no such event.' },
  'settings.changed': { result: 'success', means: 'New settings are in force after a reload. `detail`: the sites.' },
  'settings.refused': { result: 'failure', means: 'A reload found faults: the settings of before stay in force.' },
  'audit.read': { result: 'success', means: 'Somebody looked events up. `detail`: what was asked for.' },
  'audit.exported': { result: 'success', means: 'Somebody wrote events into a file. `detail`: which.' },
  'audit.verified': { result: 'success', means: 'The chain was checked and is whole. `detail`: how far.' },
  'audit.broken': {
    result: 'failure',
    means:
      'The chain was found broken. `detail`: by `audit verify`, and where; or `when writing`: somebody else had written the end.',
  },
  'audit.purged': {
    result: 'success',
    means: 'Events older than `audit.retention` were removed. `detail`: which, and the hash of the last of them.',
  },
} as const satisfies Readonly<Record<string, EventKind>>

export type EventName = keyof typeof EVENTS

/** Who, how, when, from where, with what result. Never a password, a code, a secret or a patient. */
export interface AuditEvent {
  readonly event: EventName
  readonly site?: string
  readonly account?: string
  readonly login?: string
  readonly way?: string
  readonly method?: string
  readonly address?: string
  readonly session?: string
  /** Who ran the command that did it, and on which machine. */
  readonly actor?: string
  /** Typed reason of a refusal, rule id: what deploy/events.md says of the event. */
  readonly detail?: string
  /** What the visitor can quote: the same reference is on the page (R33). */
  readonly reference?: string
  /** How many alike this one stands for; it has the address and the reference of the last of them. */
  readonly times?: number
}

export interface TrailFigures {
  /** Events that the table has not taken yet. */
  readonly waiting: number
  /** Events that it will never have: they are in the log only. */
  readonly leftOut: number
}

export interface AuditTrail {
  /** Never throws and never delays the caller; a trail that cannot be written is a fault in the log. */
  record(event: AuditEvent): void
  close(): Promise<void>
}
