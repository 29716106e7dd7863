import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * Writes into the lock file that better-sqlite3 brings its binary. The package says so itself (`"gypfile": false`), but
 * npm drops that word whenever it writes a lock file, and then `npm ci` wants Python and a compiler (npm 9 and 10) or warns
 * (npm 11). Part of `npm run format`; test/arch fails while the word is missing.
 */
const file = resolve(import.meta.dirname, '../../package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, { gypfile?: boolean }> }
const entry = lock.packages['node_modules/better-sqlite3']
if (entry === undefined) throw new Error('package-lock.json has no better-sqlite3')
if (entry.gypfile !== false) {
  entry.gypfile = false
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
