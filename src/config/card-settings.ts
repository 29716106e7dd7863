import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readCertificates } from '../lib/certificate-file.ts'
import type { CardSettings } from './instance.ts'
import type { Config } from './schema.ts'

const absolute = (name: string | undefined, directory: string): string | undefined =>
  name === undefined ? undefined : resolve(directory, name)

/** The section on cards with its certificates read; the checks have made sure that they can be. */
export const toCards = (cards: Config['cards'], directory: string): { readonly cards?: CardSettings } => {
  if (cards === undefined) return {}
  const authorities = cards.authorities.flatMap((name) =>
    readCertificates(readFileSync(resolve(directory, name))).map(({ raw }) => raw),
  )
  const lists = Object.entries(cards.lists).map(([name, list]) => [
    name,
    { ...list, file: absolute(list.file, directory), 'delta-file': absolute(list['delta-file'], directory) },
  ])
  return {
    cards: {
      ...cards,
      authorities,
      lists: Object.fromEntries(lists) as typeof cards.lists,
      folder: resolve(directory, cards.folder),
    },
  }
}
