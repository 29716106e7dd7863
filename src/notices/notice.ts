import type { Account } from '../accounts/directory.ts'
import type { Factor } from '../accounts/factors.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { Visitor } from '../sign-in/visitor.ts'

/** What « Ce n'est pas moi » can be said of: what was done can be undone, or the account shut to whoever did it. */
export const DISOWNABLE_KINDS = ['factor-added', 'factor-removed', 'password-changed', 'new-device'] as const
export type DisownableKind = (typeof DISOWNABLE_KINDS)[number]

/** What people are told of their account, whoever did it (R30, R31). */
export const NOTICE_KINDS = [...DISOWNABLE_KINDS, 'address-changed'] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

/** Whoever has done it: the person, as far as anybody knows, or the support by a command. */
export const NOTICE_ACTORS = ['person', 'support'] as const
export type NoticeActor = (typeof NOTICE_ACTORS)[number]

/** `id` is null for what the network registered in the account itself: nobody but the network takes that back. */
export interface FactorTold extends Pick<Factor, 'kind' | 'label'> {
  readonly id: string | null
}

export interface Notice {
  readonly kind: NoticeKind
  /** As it is now. */
  readonly account: Pick<Account, 'id' | 'login' | 'email'>
  /** What was added or removed. */
  readonly factors?: readonly FactorTold[]
  /** The address that was registered before, where it was exchanged. */
  readonly formerEmail?: string | null
}

/** Where it was done, by whom, and from where. */
export interface NoticeOrigin {
  readonly at: Pick<FlowSite, 'site' | 'origin' | 'realm'>
  readonly visitor: Pick<Visitor, 'address' | 'device' | 'language' | 'reference'>
  /** The person, unless said otherwise. */
  readonly by?: NoticeActor
}
