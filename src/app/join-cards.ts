import type { CardJudge } from '../methods/cps/judge.ts'
import type { Foundations } from './foundations.ts'
import type { AppSettings } from './settings.ts'

/** Who judges cards; null where none are taken, and then no reader of certificates is loaded. */
export const joinCards = async (
  { cardLists }: Pick<Foundations, 'cardLists'>,
  { config, clock, random }: Pick<AppSettings, 'config' | 'clock' | 'random'>,
): Promise<CardJudge | null> => {
  if (config.cards === undefined) return null
  const { createCards } = await import('../methods/cps/index.ts')
  return createCards(config.cards, { lists: cardLists, clock, random })
}
