import { createAccountAdmin } from '../../../src/accounts/admin.ts'
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts'
import { openDatabase } from '../../../src/database/open.ts'
import { openKeyring } from '../../../src/identity/keyring.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { systemRandom } from '../../../src/lib/random.ts'
import { REALM } from '../installed-gate.ts'
import { IDENTITY } from '../upstream.ts'

/** As many people as a hospital has at work: the sessions and devices of one person stay as few as they are there. */
const PEOPLE = 300

/** Numbers of the range that is kept for examples. */
const nationalIdOf = (at: number): string => `89990${String(at).padStart(7, '0')}`

/** @returns the national identifiers of those whom calls name in turn */
export const insertCallees = async (url: string, keys: string): Promise<readonly string[]> => {
  await openKeyring(keys, { clock: systemClock })
  const database = openDatabase(url, silentLog)
  await database.migrate()
  const admin = createAccountAdmin(database, {
    clock: systemClock,
    random: systemRandom,
    hasher: createPasswordHasher(),
    trail: { record: () => undefined },
    endSessions: () => Promise.resolve(0),
    actor: 'bench',
  })
  const nationalIds = Array.from({ length: PEOPLE }, (_, at) => nationalIdOf(at))
  for (const [at, nationalId] of nationalIds.entries()) {
    const login = `${IDENTITY.login}-${at}`
    const person = { login, givenName: 'Camille', familyName: 'Exemple', email: `${login}@example.test`, nationalId }
    const added = await admin.add(REALM, { ...person, roles: [] })
    if (!added.ok) throw new Error(`a person of the measurement was refused: ${JSON.stringify(added.reason)}`)
  }
  await database.close()
  return nationalIds
}
