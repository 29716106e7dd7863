import type { EventName } from '../audit/events.ts'
import type { ErrorCode } from '../lib/errors.ts'
import type { MethodId, Proof } from '../policy/schema.ts'
import type { Arrival, ArrivalMethod, ArrivalPageModels, LinkedIdentity } from './arrival-models.ts'
import type { CardPageModels } from './card/models.ts'
import type { Message } from './message.ts'
import type { ProviderPageModels } from './provider-models.ts'
import type { CallPageModels } from './contextual-call/call-models.ts'
import type { NoticePageModels } from './notice-pages.ts'

/**
 * What each page is given. Templates read these and nothing else; routes fill them. Texts are keys of templates/locales
 * with values, so that a page says the same in both languages.
 */

export type { Message } from './message.ts'

export interface WayChoice {
  /** Value of the button named `way`. */
  readonly id: string
  /** Last method of the way; names icon, label (`ways.<kind>.label`) and explanation (`ways.<kind>.explanation`). */
  readonly kind: MethodId
  /** Last day, YYYY-MM-DD, when the way ends within 60 days; null otherwise. */
  readonly endsOn: string | null
}

export interface PageModels
  extends NoticePageModels, ArrivalPageModels, ProviderPageModels, CallPageModels, CardPageModels {
  /** Identifier, password and one button per way. */
  'sign-in': {
    readonly action: string
    readonly csrf: string
    /** Sealed target, carried as hidden field `to`. */
    readonly to: string
    readonly login: string
    /** Whether a page of the application is waiting (« Vous serez conduit à votre page »). */
    readonly hasTarget: boolean
    readonly ways: readonly WayChoice[]
    /** Ways that are not open today: not yet, or no longer. */
    readonly closedWays: readonly {
      readonly id: string
      readonly kind: MethodId
      readonly from: string | null
      readonly until: string | null
    }[]
    /** `signIn.wrong`, `signIn.throttled` {minutes}, `signIn.closed`, `signIn.wave`, `signIn.required` {field: login, password or both}, `signIn.wayClosed`. */
    readonly error: Message | null
    /**
     * `signIn.expired` {minutes}, `signIn.ended`, `signIn.ended.<how>` (absolute: {hours} {minutes}), `signIn.restarted`, `signIn.again`, and of a form: `signIn.formLost`, `signIn.formKept`
     * {minutes}, `signIn.formTooLarge` {size}, `signIn.formFileTooLarge` {size}.
     */
    readonly information: Message | null
    readonly notices: readonly { readonly kind: 'information' | 'warning'; readonly text: string }[]
    readonly legal: string | null
    readonly forgottenHref: string | null
    /** Ways that need no login: each leads to a page of its own. */
    readonly arrivals: readonly Arrival[]
  }
  /** « Saisie du code ». */
  code: {
    readonly action: string
    readonly resendAction: string
    readonly csrf: string
    /** Sealed target, hidden field `to` of both forms: an attempt that is over starts again with it. */
    readonly to: string
    /** Handle of the attempt, hidden field `attempt` of both forms. */
    readonly attempt: string
    readonly maskedEmail: string
    readonly sender: string
    readonly digits: number
    /** Seconds until the code dies, and until another may be asked for (0: now). */
    readonly expiresIn: number
    readonly resendIn: number
    /** Minutes a code lives. */
    readonly lifetimeMinutes: number
    /**
     * `code.wrong` {left}, `code.malformed` {digits}, `code.replaced`, `code.throttled` {minutes}, `code.closed`; and `code.expired`,
     * `code.used`, `code.dead`, after which only a new code helps: the page then offers that instead of the field.
     */
    readonly error: Message | null
    /** `code.resent`, `code.resendTooSoon` {seconds}, `code.mailLimit` {minutes}, `code.mailFailed`. */
    readonly information: Message | null
    readonly mail: 'queued' | 'sent' | 'failed'
    /** Days for which this browser may be remembered; null: it may not. */
    readonly rememberDays: number | null
    /** The account has other means: `otherHref` leads to them. */
    readonly hasOthers: boolean
    /** « Utiliser un autre moyen »: the choice, or the sign-in page with the same target. */
    readonly otherHref: string
  }
  /** « Choisissez comment vous connecter » (seed 001). */
  choice: {
    readonly action: string
    readonly csrf: string
    readonly to: string
    readonly attempt: string
    /** Each is a button; `method` names icon and text. Grouped as they come: addresses, then applications. */
    readonly offers: readonly { readonly value: string; readonly method: MethodId; readonly label: string }[]
    /** What can be enrolled, each with the address of this same page for that purpose: one of the offers proves who it is first. */
    readonly enrolable: readonly { readonly method: 'totp' | 'passkey'; readonly href: string }[]
    /** What the person wants to enrol: the choice is how they prove who they are first. */
    readonly enrolling: 'totp' | 'passkey' | null
    /** `choice.unknown`. */
    readonly error: Message | null
    readonly restartHref: string
  }
  /** Code of an authenticator application. */
  totp: {
    readonly action: string
    readonly csrf: string
    readonly to: string
    readonly attempt: string
    /** The person's own name for the application, or empty. */
    readonly label: string
    /** `totp.wrong`, `totp.malformed`, `totp.used`, `totp.clockApart` {minutes, behind: yes or no}, `code.throttled` {minutes}, `code.closed`. */
    readonly error: Message | null
    /** Days for which this browser may be remembered; null: it may not. */
    readonly rememberDays: number | null
    readonly otherHref: string
  }
  /** A code of the printed sheet. */
  'recovery-code': {
    readonly action: string
    readonly csrf: string
    readonly to: string
    readonly attempt: string
    /** `recovery.wrong`, `recovery.malformed`, `code.throttled` {minutes}, `code.closed`. */
    readonly error: Message | null
    readonly otherHref: string
  }
  /** A passkey is asked for: after the password, or alone. Its script hands `options` to the browser. */
  passkey: {
    readonly action: string
    readonly csrf: string
    readonly to: string
    /** Handle of the attempt; empty when the passkey is to say who it is. */
    readonly attempt: string
    /** The names that the person gave, or empty. */
    readonly label: string
    /** JSON for `navigator.credentials.get`. */
    readonly options: string
    /** The browser asks at once; otherwise when the button is pressed. */
    readonly starts: boolean
    /** `passkey.refused`, `passkey.expired`, `code.throttled` {minutes}. */
    readonly error: Message | null
    readonly otherHref: string
  }
  /** Making a passkey. */
  'new-passkey': {
    readonly action: string
    readonly csrf: string
    readonly to: string
    /** Handle of the attempt when nobody is signed in yet, empty otherwise. */
    readonly attempt: string
    /** JSON for `navigator.credentials.create`. */
    readonly options: string
    readonly label: string
    /** The way that brought the person here is over, and something takes its place before the session opens. */
    readonly isForced: boolean
    /** `newPasskey.refused`, `.expired`, `.full`, `.known`. */
    readonly error: Message | null
    readonly cancelHref: string | null
  }
  /** A new set of recovery codes, shown this once. */
  'recovery-codes': {
    readonly codes: readonly string[]
    readonly login: string
    /** ISO 8601, UTC. */
    readonly at: string
    readonly continueHref: string
  }
  /** Associating an application in three steps. */
  application: {
    readonly action: string
    readonly csrf: string
    readonly to: string
    /** Handle of the attempt when nobody is signed in yet, empty otherwise. */
    readonly attempt: string
    /** Address of an image. */
    readonly qrCode: string
    readonly keyUri: string
    readonly groupedSecret: string
    readonly issuer: string
    readonly login: string
    /** Name typed before, when the page is shown again. */
    readonly label: string
    /** Last day of the way that brought the person here and is over; null when nothing forces them. */
    readonly isForced: boolean
    /** `application.wrong`, `.malformed`, `.expired`, `.full`, `totp.clockApart` {minutes, behind}. */
    readonly error: Message | null
    readonly cancelHref: string | null
    /** Where a passkey may be made instead. */
    readonly passkeyHref: string | null
  }
  /** « Mon compte ». Times are ISO 8601, UTC. */
  account: {
    readonly csrf: string
    /** Where its forms go: they end in `/factors/remove`, `/preference`, `/sessions/end`, `/devices/forget`, `/practice/forget`. */
    readonly at: string
    readonly name: string
    readonly login: string
    readonly since: string
    readonly error: Message | null
    readonly information: Message | null
    /** The registered address has no id: it is the referent's to change. */
    readonly addresses: readonly {
      readonly id: string | null
      readonly label: string
      readonly since: string | null
      readonly usedAt: string | null
    }[]
    readonly applications: readonly {
      readonly id: string
      readonly label: string
      readonly since: string
      readonly usedAt: string | null
    }[]
    readonly passkeys: readonly {
      readonly id: string
      readonly label: string
      readonly since: string
      readonly usedAt: string | null
    }[]
    /** Cards and accounts at providers that lead here. */
    readonly identities: readonly LinkedIdentity[]
    /** What could be linked by presenting it. */
    readonly linkable: readonly { readonly method: ArrivalMethod; readonly href: string }[]
    /** Codes left on the printed sheet; null when none were ever made, or no way asks for them. */
    readonly recovery: { readonly left: number | null } | null
    readonly canAddAddress: boolean
    readonly canAddApplication: boolean
    readonly usesApplications: boolean
    readonly canAddPasskey: boolean
    readonly usesPasskeys: boolean
    readonly offers: readonly { readonly value: string; readonly method: MethodId; readonly label: string }[]
    /** Value of the offer that is asked for first, or empty. */
    readonly preference: string
    readonly sessions: readonly {
      readonly id: string
      readonly device: string
      readonly address: string
      readonly since: string
      /** What completed its way, or took the place of it. */
      readonly method: Proof
      readonly isThis: boolean
    }[]
    /** Where the second factor is not asked for; `until` is a day. */
    readonly devices: readonly {
      readonly id: string
      readonly device: string
      readonly address: string
      readonly since: string
      readonly until: string
    }[]
    /** The practice that is taken at each sign-in: its structure, or empty; null when the person is asked, or nobody is. */
    readonly practice: { readonly structure: string; readonly since: string } | null
    readonly activity: readonly {
      readonly event: EventName
      readonly at: string
      readonly address: string
      /** Of a sign-in: what completed it. */
      readonly method: Proof | null
    }[]
    readonly continueHref: string
    readonly signOutHref: string
  }
  /** An address to receive codes: first itself, then the code that was sent there. */
  address: {
    readonly action: string
    readonly csrf: string
    /** The address that waits for its code, or null. */
    readonly pending: string | null
    readonly email: string
    readonly digits: number
    readonly lifetimeMinutes: number
    /** `address.<reason>`, with {left} or {minutes}. */
    readonly error: Message | null
    readonly cancelHref: string
  }
  /** An application was associated. */
  'application-added': { readonly label: string; readonly continueHref: string }
  /** The password was right, but the account has nothing to prove a second factor with. */
  'no-factor': { readonly restartHref: string }
  /** « Mot de passe oublié ? » where the referent resets it. */
  forgotten: { readonly backHref: string }
  /** « Mot de passe oublié ? » where a link is mailed: the identifier. */
  'forgotten-login': {
    readonly action: string
    readonly csrf: string
    /** Sealed target, hidden field `to`. */
    readonly to: string
    /** `signIn.required` {field: login}. */
    readonly error: Message | null
    readonly backHref: string
  }
  /** After it, the same for every identifier. */
  'forgotten-sent': {
    readonly sender: string
    readonly lifetimeMinutes: number
    readonly againHref: string
    readonly backHref: string
  }
  /** « Nouveau mot de passe »: by a link, to be changed at the sign-in, or of one's own wish. */
  'new-password': {
    readonly kind: 'reset' | 'obligation' | 'change'
    /** Why it must be: `newPassword.firstUse`, `newPassword.expiredMonths` {months}, `newPassword.expiredDays` {days}. */
    readonly because: Message | null
    readonly action: string
    readonly csrf: string
    /** More hidden fields, by name. */
    readonly hidden: Readonly<Record<string, string>>
    readonly login: string
    /** Lines of the checklist, `newPassword.rules.<kind>`; those that were not met stand out. */
    readonly rules: readonly {
      readonly kind:
        'length' | 'upper' | 'lower' | 'digit' | 'special' | 'digit-or-special' | 'names' | 'common' | 'other'
      readonly values: Readonly<Record<string, number>>
      readonly isUnmet: boolean
    }[]
    /** What the password must not be made of, for the live checklist: letters and digits, folded. */
    readonly names: readonly string[]
    /** `newPassword.<what>`, `signIn.throttled` {minutes}, `signIn.closed`, `signIn.wave`; and the field that it is about. */
    readonly error: Message | null
    readonly field: 'current' | 'password' | null
    readonly cancelHref: string
  }
  /** A link that does nothing (any more). */
  'reset-gone': {
    readonly reason: 'expired' | 'used' | 'replaced' | 'outdated' | 'unknown'
    readonly againHref: string | null
    readonly signInHref: string
  }
  /** The new password is in force. */
  'password-changed': { readonly isSignedIn: boolean; readonly nextHref: string }
  /** GET of sign-out: the question. */
  'sign-out': { readonly action: string; readonly csrf: string; readonly name: string; readonly backHref: string }
  /** Sign-in page visited with a live session. */
  'signed-in': {
    readonly name: string
    /** ISO 8601, UTC. */
    readonly since: string
    readonly continueHref: string
    readonly signOutHref: string
  }
  /** A form was kept when its session had ended: its owner decides. */
  'kept-form': {
    readonly sendAction: string
    readonly dropAction: string
    readonly csrf: string
    /** Handle, hidden field `form` of both forms. */
    readonly form: string
    /** Path and query of the page that it was on, and the path that it is sent to. */
    readonly page: string
    readonly sentTo: string
    /** ISO 8601, UTC. */
    readonly at: string
    readonly name: string
    readonly fields: number
    readonly files: number
    /** Bytes. */
    readonly size: number
    /** It was sent once already, and the application did not confirm it. */
    readonly isUnsure: boolean
    /** Host of the record system whose link it is; null for a form of the application's own pages. */
    readonly from: string | null
  }
  /** The form is not there: sent, not wanted, another person's, or nobody knows any more. */
  'kept-form-gone': { readonly reason: 'sent' | 'declined' | 'foreign' | 'expired'; readonly continueHref: string }
  /** End of the window in which somebody signed in again beside their page. */
  'signed-in-again': { readonly name: string; readonly signOutHref: string }
  /** The browser does not send our cookies back. */
  'cookies-refused': { readonly retryHref: string }
  /** Sent round in circles for the third time: the likely causes. */
  loop: { readonly retryHref: string; readonly reference: string }
  /** Every refusal and fault of lib/errors. */
  refusal: {
    readonly code: ErrorCode
    readonly status: number
    /** Empty only for bytes that were no request. */
    readonly reference: string
    /** ISO 8601, UTC. */
    readonly time: string
    readonly retryHref: string | null
  }
  /** Demo only: what was mailed, newest first. */
  outbox: {
    readonly mails: readonly {
      readonly to: string
      readonly subject: string
      /** ISO 8601, UTC. */
      readonly sentAt: string
      readonly text: string
      readonly code: string | null
    }[]
    readonly signInHref: string
  }
}

export type PageName = keyof PageModels
