import type { Account } from '../accounts/directory.ts'
import type { PasswordHolder, ReplaceRefusal } from '../accounts/own-passwords.ts'
import { passwordObligation } from '../accounts/password-obligation.ts'
import { accept, refuse, type Result } from '../lib/result.ts'
import type { MethodId } from '../policy/schema.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { Obligation } from '../sign-in/obligation.ts'
import { judged } from '../sign-in/identify.ts'
import type { Throttled } from '../sign-in/throttle.ts'
import { personOf, recordWave, traceOf, whoIs } from '../sign-in/trace.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import { askForLink } from './ask-link.ts'
import { afterChange } from './changed.ts'
import { createResetLinks, type LinkRefusal } from './links.ts'
import type { PasswordParts } from './parts.ts'

export type ResetRefusal = ReplaceRefusal | { readonly reason: 'link'; readonly link: LinkRefusal }
export type ChangeRefusal =
  ReplaceRefusal | { readonly reason: 'wrong' } | ({ readonly reason: 'throttled' } & Throttled)

/** The life of a password in the hands of its owner, without a word of HTTP. */
export interface Passwords {
  /** « Mot de passe oublié ? »: mails a link, or does nothing, and never says which. Call it when the answer is given. */
  askForLink(at: FlowSite, visitor: Visitor, login: string): Promise<void>
  /** Fails like everything else when what a link is made from does not answer; the same for everybody. */
  ready(): Promise<void>
  /** Whose link it is; changes nothing (R22). */
  openLink(at: FlowSite, token: string): Promise<Result<PasswordHolder, LinkRefusal>>
  /** Sets a new password by a link. It opens no session: both factors are asked for as ever (T-23). */
  reset(at: FlowSite, visitor: Visitor, token: string, password: string): Promise<Result<Account, ResetRefusal>>
  /** Somebody who is signed in changes it; the present one is asked for, at the door and the price of a sign-in (C-06, C-14). */
  change(
    at: FlowSite,
    visitor: Visitor,
    session: { readonly account: string; readonly digest: string },
    given: { readonly current: string; readonly password: string },
  ): Promise<Result<undefined, ChangeRefusal>>
  /** The account and the state of its password; null when the gate does not keep it. */
  find(realm: string, account: string): Promise<PasswordHolder | null>
  /** Whether the password that was just proved must be changed before anything opens; null when none was, or it need not. */
  obligation(at: FlowSite, account: Account, proved: readonly MethodId[]): Promise<Obligation | null>
  /** Meets that obligation, for somebody who has proved everything that a way asks. */
  fulfil(at: FlowSite, visitor: Visitor, account: Account, password: string): Promise<Result<undefined, ReplaceRefusal>>
}

export const createPasswords = (parts: PasswordParts): Passwords => {
  const { own, clock, throttle, trail, directory } = parts
  const links = createResetLinks(parts)

  const due = (at: FlowSite, holder: PasswordHolder) => passwordObligation(holder, at.site.password, clock.now())

  return {
    askForLink: (at, visitor, login) => askForLink(parts, links, at, visitor, login),
    ready: async () => {
      await Promise.all([own.ready(), parts.store.ping()])
    },
    openLink: (at, token) => links.open(at, token),

    reset: async (at, visitor, token, password) => {
      const opened = await links.open(at, token)
      if (!opened.ok) {
        trail.record({ event: 'password.link-refused', detail: opened.reason, ...traceOf(at, visitor) })
        return refuse({ reason: 'link', link: opened.reason })
      }
      // The link is taken when nothing is wrong with the password any more, and before it is written.
      let why: LinkRefusal = 'outdated'
      const take = async (): Promise<boolean> => {
        const isTaken = await links.take(token)
        if (!isTaken) why = 'used'
        return isTaken
      }
      const replaced = await own.replace(opened.value, password, at.site, take)
      if (!replaced.ok)
        return refuse(replaced.reason.reason === 'outdated' ? { reason: 'link', link: why } : replaced.reason)
      await afterChange(parts, { at, visitor, holder: replaced.value, by: 'reset' })
      return accept(replaced.value.account)
    },

    change: async (at, visitor, session, { current, password }) => {
      const holder = await own.findById(at.realm, session.account)
      if (holder === null) return refuse({ reason: 'outdated' })
      const { account } = holder
      const who = whoIs(at, visitor, account.login)
      const admitted = await throttle.admit('password', who)
      const trace = { ...personOf(account), ...traceOf(at, visitor) }
      if (!admitted.ok) {
        trail.record({ event: 'password.change-refused', detail: 'throttled', ...trace })
        return refuse({ reason: 'throttled', ...admitted.reason })
      }
      const tried = admitted.value
      const proven = await judged(tried, () => directory.provePassword(at.realm, account.login, current, tried.from))
      if (!proven.ok) {
        recordWave(trail, at, visitor, await tried.failed())
        trail.record({ event: 'password.change-refused', detail: proven.reason.cause, ...trace })
        return refuse({ reason: 'wrong' })
      }
      await throttle.clear(who)
      const replaced = await own.replace(holder, password, at.site)
      if (!replaced.ok) return replaced
      await afterChange(parts, { at, visitor, holder: replaced.value, by: 'own-wish', keep: session.digest })
      return accept(undefined)
    },

    find: (realm, account) => own.findById(realm, account),

    obligation: async (at, account, proved) => {
      const holder = proved.includes('password') ? await own.findById(account.realm, account.id) : null
      const because = holder === null ? null : due(at, holder)
      return because === null ? null : { kind: 'new-password', because }
    },

    fulfil: async (at, visitor, account, password) => {
      const holder = await own.findById(account.realm, account.id)
      const by = holder === null ? null : due(at, holder)
      if (holder === null || by === null) return refuse({ reason: 'outdated' })
      const replaced = await own.replace(holder, password, at.site)
      if (!replaced.ok) return replaced
      await afterChange(parts, { at, visitor, holder: replaced.value, by })
      return accept(undefined)
    },
  }
}
