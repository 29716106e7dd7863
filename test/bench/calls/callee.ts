import { createAccountAdmin } from '../../../src/accounts/admin.ts'
import { createPasswordHasher } from '../../../src/accounts/password-hash.ts'
import { openDatabase } from '../../../src/database/open.ts'
import { openKeyring } from '../../../src/identity/keyring.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { systemRandom } from '../../../src/lib/random.ts'
import { IDENTITY } from '../upstream.ts'

export const REALM = 'bench'
export const NATIONAL_ID = '899900000003'

/** The one person whom all calls name. */
export const insertCallee = async (url: string, keys: string): Promise<void> => {
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
  const entry = {
    login: IDENTITY.login,
    givenName: 'Camille',
    familyName: 'Exemple',
    email: 'c.exemple@example.test',
    nationalId: NATIONAL_ID,
  }
  const added = await admin.add(REALM, { ...entry, roles: [] })
  if (!added.ok) throw new Error(`the person of the measurement was refused: ${JSON.stringify(added.reason)}`)
  await database.close()
}
