import { REMEMBERED_LEVEL, rememberedProofs } from './remember-device.ts'
import type { Site } from './schema.ts'
import type { SignedIn } from './subject.ts'

export interface Supposition {
  readonly login?: string | undefined
  readonly roles?: readonly string[] | undefined
  /** Id of a way of the site; its first one when none is named. */
  readonly way?: string | undefined
  /** The level of that way when none is named. */
  readonly level?: 1 | 2 | 3 | undefined
  /** On a remembered device: the second factor was not asked for. */
  readonly remembered?: boolean | undefined
}

/** An invented person who signed in to a site, for questions of the kind « what if »; undefined for an unknown way. */
export const supposeSubject = (
  site: Site,
  { login = 'a.essai', roles = [], way, level, remembered = false }: Supposition,
): SignedIn | undefined => {
  const used = way === undefined ? site.ways[0] : site.ways.find(({ id }) => id === way)
  if (used === undefined) return undefined
  return {
    kind: 'signed-in',
    account: 'supposed',
    login,
    name: 'Alix Essai',
    givenName: 'Alix',
    familyName: 'Essai',
    email: null,
    nationalId: null,
    roles,
    way: used.id,
    level: level ?? (remembered ? REMEMBERED_LEVEL : levelOf(used.level)),
    methods: remembered ? rememberedProofs(used) : used.methods,
    authenticatedAt: 0,
  }
}

/** A way's level as sessions carry it. */
const levelOf = (level: number): 1 | 2 | 3 => (level >= 3 ? 3 : level === 2 ? 2 : 1)
