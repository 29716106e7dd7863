import type { Devices } from '../accounts/devices.ts'
import type { Account, AccountDirectory } from '../accounts/directory.ts'
import type { Identities } from '../accounts/identities.ts'
import type { Factors } from '../accounts/factors.ts'
import type { Clock } from '../lib/clock.ts'
import type { ReturnTarget } from '../lib/return-target.ts'
import type { MethodId, Proof, Way } from '../policy/schema.ts'
import type { Attempt, Attempts } from './attempt.ts'
import type { FlowSite } from './flow-site.ts'
import type { IdentifyParts } from './identify.ts'
import type { BeginRefusal, RecognisingMethod } from './method.ts'
import { stageOf, type Stage, type StageParts } from './stage.ts'

/** A sign-in under way, the person it belongs to, and where it stands. */
export interface UnderWay {
  readonly attempt: Attempt
  readonly account: Account
  readonly stage: Stage
}

/** Everything of a way is proved: what a session is made of. */
export interface Proven {
  readonly account: Account
  readonly way: Way
  readonly methods: readonly Proof[]
  /** That of the way, unless less was proved. */
  readonly level: number
  readonly target: ReturnTarget
  /** What the person wanted to enrol as soon as they are signed in. */
  readonly then: MethodId | null
  /** The person wants this browser remembered: for so long, milliseconds (R25). */
  readonly remember: number | null
  /** What methods keep to lie beside the session, by their own references. */
  readonly attached?: Attempt['attached']
}

/** A sign-in that goes on, and why its question could not be put, when it could not; the next page says it. */
export interface GoesOn {
  readonly underWay: UnderWay
  readonly delayed: BeginRefusal | null
}

/** What a right answer leads to: a session, or the next page of the same attempt. */
export type Progress = { readonly kind: 'proven'; readonly proven: Proven } | ({ readonly kind: 'goes-on' } & GoesOn)

export interface FlowParts extends IdentifyParts, StageParts {
  readonly clock: Clock
  readonly devices: Pick<Devices, 'remembrance'>
  readonly attempts: Attempts
  readonly directory: Pick<AccountDirectory, 'findById'>
  readonly factors: Pick<Factors, 'preference' | 'prefer'>
  readonly recognising: RecognisingMethod
  readonly identities: Identities
  /** When the present password of an account was set; null where it is kept elsewhere. */
  readonly passwordSetAt: (account: Account) => Promise<number | null>
}

export const standing = async (
  parts: StageParts,
  at: FlowSite,
  attempt: Attempt,
  account: Account,
): Promise<UnderWay> => ({ attempt, account, stage: await stageOf(parts, at, attempt, account) })
