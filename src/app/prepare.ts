import { openDatabase } from '../database/open.ts'
import { openKeyring } from '../identity/keyring.ts'
import type { AppSettings } from './settings.ts'

type Prepared = Pick<AppSettings, 'databaseUrl' | 'clock' | 'random' | 'log'> & {
  readonly config: Pick<AppSettings['config'], 'keys'>
}

/**
 * What is done once before anything serves, however many processes will: the first keys are made, the database is brought
 * to the newest shape.
 * @throws when keys or database must stop the start
 */
export const prepare = async ({ config, databaseUrl, clock, random, log }: Prepared): Promise<void> => {
  await openKeyring(config.keys, { clock, random })
  const database = openDatabase(databaseUrl, log)
  try {
    await database.migrate()
  } finally {
    await database.close()
  }
}
