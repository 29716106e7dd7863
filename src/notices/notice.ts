import type { Account } from '../accounts/directory.ts'
import type { Factor } from '../accounts/factors.ts'
import type { FlowSite } from '../sign-in/flow-site.ts'
import type { Visitor } from '../sign-in/visitor.ts'

/** What people are told of their account, whoever did it (R30, R31). */
export const NOTICE_KINDS = ['factor-added', 'factor-removed', 'password-changed', 'new-device'] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

export interface Notice {
  readonly kind: NoticeKind
  readonly account: Account
  /** What was added or removed. */
  readonly factor?: Pick<Factor, 'id' | 'kind' | 'label'>
}

/** Where it was done, and from where. */
export interface NoticeOrigin {
  readonly at: Pick<FlowSite, 'site' | 'origin' | 'realm'>
  readonly visitor: Pick<Visitor, 'address' | 'device' | 'language' | 'reference'>
}
