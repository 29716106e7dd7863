import { cardsSchema } from '../../src/config/cards-schema.ts'
import type { CardSettings } from '../../src/config/instance.ts'
import { systemRandom } from '../../src/lib/random.ts'
import type { Result } from '../../src/lib/result.ts'
import type { Card, CardRefusal } from '../../src/methods/cps/card.ts'
import { createCards } from '../../src/methods/cps/index.ts'
import type { SiteCards } from '../../src/methods/cps/judge.ts'
import { createHeldLists, type HeldLists } from '../../src/methods/cps/lists/held-lists.ts'
import type { HeldList } from '../../src/methods/cps/lists/list.ts'
import { readList } from '../../src/methods/cps/lists/read-list.ts'
import { createManualClock, type ManualClock } from './clock.ts'
import type { TestIgcSante } from './igc-sante.ts'

/** Settings on cards as they are read from an instance file that trusts the test authorities. */
export const cardSettings = (
  pki: Pick<TestIgcSante, 'root' | 'strong' | 'standard' | 'organisations'>,
  folder: string,
  given: Partial<CardSettings> = {},
): CardSettings => ({
  ...cardsSchema.parse({
    authorities: ['unused.pem'],
    issuers: [pki.strong.commonName, pki.standard.commonName],
    folder,
  }),
  authorities: [pki.root, pki.strong, pki.standard, pki.organisations].map(({ certificate }) => certificate),
  ...given,
})

/** A list as it is held once it was read; the authority must have signed it. */
export const heldList = (pki: TestIgcSante, list: Uint8Array, delta: Uint8Array | null = null): HeldList => {
  const authorities = [pki.root, pki.strong, pki.standard, pki.organisations].map(({ certificate }) => certificate)
  const [complete, change] = [list, delta].map((bytes) => (bytes === null ? null : readList(bytes, authorities)))
  if (complete?.ok !== true || change?.ok === false) throw new Error('not a list of these authorities')
  const { authority, list: read } = complete.value
  return { authority, name: 'test', complete: read, delta: change?.value.list ?? null }
}

export interface TestJudge {
  readonly clock: ManualClock
  readonly lists: HeldLists
  /** Judges for a site that takes all kinds, unless it says otherwise. */
  readonly judge: (
    leaf: Uint8Array,
    site?: Partial<SiteCards['cps']>,
    others?: readonly Uint8Array[],
  ) => Promise<Result<Card, CardRefusal>>
  /** `CPS 899900000003`, or the reason and its cause. */
  readonly verdict: (leaf: Uint8Array, site?: Partial<SiteCards['cps']>) => Promise<string>
}

/** A judge with the lists of the authorities that issue cards, on which nobody is. */
export const createTestJudge = (pki: TestIgcSante, now: number, given: Partial<CardSettings> = {}): TestJudge => {
  const clock = createManualClock(now)
  const lists = createHeldLists()
  lists.take([pki.strong, pki.standard].map((authority) => heldList(pki, pki.list(authority))))
  const cards = createCards(cardSettings(pki, 'unused', given), { lists, clock, random: systemRandom })
  const judge: TestJudge['judge'] = (leaf, site = {}, others = []) =>
    cards.judge({ leaf, others }, { cps: { kinds: ['CPS', 'CPF', 'CPE', 'CPA'], ...site } })
  return {
    clock,
    lists,
    judge,
    verdict: async (leaf, site) => {
      const judged = await judge(leaf, site)
      if (judged.ok) return `${judged.value.kind} ${judged.value.nationalId}`
      return `${judged.reason.reason}: ${judged.reason.cause}`
    },
  }
}
