import type { LegacyTableSettings } from '../../config/instance.ts'
import type { AccountsTable } from '../../database/tables.ts'
import type { PurposeKey } from '../../lib/digest.ts'
import type { Log } from '../../lib/log.ts'
import { accept, refuse, type Result } from '../../lib/result.ts'
import type { Account, AccountDirectory, PasswordRefusal } from '../directory.ts'
import { inEvenTime } from '../linked/even-time.ts'
import type { Links } from '../linked/links.ts'
import { readPerson, type Person } from '../linked/person.ts'
import type { AccountSource, Standing } from '../linked/source.ts'
import type { PasswordHasher } from '../password-hash.ts'
import { accountOf } from '../record.ts'
import { createTurns } from '../turns.ts'
import { takeCensus, type Census } from './census.ts'
import { createHashChecker } from './check-hash.ts'
import { createMarks } from './mark.ts'
import { passwordBytes } from './password-bytes.ts'
import { createPasswordProof, movedHash } from './prove-password.ts'
import { createReadHash } from './read-hash.ts'
import { openLegacyRows, type LegacyPerson } from './rows.ts'

export interface LegacySourceParts {
  /** Its name in the instance file. */
  readonly name: string
  readonly settings: LegacyTableSettings
  readonly links: Links
  /** What becomes of somebody who has a row already: accounts/sql. */
  readonly findById: AccountDirectory['findById']
  readonly hasher: PasswordHasher
  readonly key: PurposeKey
  readonly log: Log
}

/** A source whose passwords are moving to the gate. */
export interface LegacySource extends AccountSource {
  /** What is left to move. @param rows the gate's rows of people from it */
  census(rows: readonly AccountsTable[]): Promise<Census>
}

/** Hashes of the other application that are computed at the same time, and sign-ins that may wait for that. */
const AT_ONCE = 2
const WAITING = 100

type Proved = Result<Account, PasswordRefusal>

/** Lines of the table as people of the gate; what cannot be used of them is told to the log. */
const createReader =
  ({ name, settings, log }: LegacySourceParts) =>
  ({ told }: LegacyPerson): Result<Person, 'unreadable'> => {
    const person = readPerson(told, settings.roles)
    const id = told.externalId
    if (!person.ok) log.warn({ source: name, id }, 'a line of the table cannot be used')
    else if (person.value.leftOut.length > 0)
      log.warn({ source: name, id, leftOut: person.value.leftOut }, 'parts of a line of the table cannot be used')
    return person
  }

/**
 * The accounts of a table of another application. Its hash counts until the person has signed in once: then the gate has
 * made its own of the same password, and that one counts for as long as the other application keeps the hash it had.
 */
export const createLegacySource = (parts: LegacySourceParts): LegacySource => {
  const { name, settings, links, hasher, log } = parts
  const rows = openLegacyRows(settings, log)
  const readHash = createReadHash(settings)
  const checker = createHashChecker(createTurns(AT_ONCE, WAITING))
  const marks = createMarks(parts.key)
  const spellingsOf = (password: string) => passwordBytes(password, settings['password-encodings'])
  const proof = createPasswordProof({ hasher, checker, marks, readHash, spellingsOf })
  const personOf = createReader(parts)

  const admit = async (
    realm: string,
    found: LegacyPerson,
    known: AccountsTable | null,
    password: string,
  ): Promise<Proved> => {
    const before = known === null ? null : accountOf(known)
    if (!found.isOpen) {
      if (known !== null) await links.close(known, 'closed')
      return refuse({ cause: 'disabled', account: before })
    }
    const person = personOf(found)
    if (!person.ok) return refuse({ cause: person.reason, account: before })
    const isMoved = movedHash(known, found, marks) !== null
    const made = isMoved ? {} : { passwordHash: await hasher.hash(password) }
    const account = await links.settle(realm, person.value, { mark: marks.of(found), ...made })
    return account.disabled ? refuse({ cause: 'disabled', account }) : accept(account)
  }

  const prove = async (realm: string, login: string, password: string): Promise<Proved> => {
    const found = await rows.byLogin(login)
    if (!found.ok) {
      await proof.pretend(password)
      return refuse({ cause: found.reason, account: null })
    }
    const { externalId: id } = found.value.told
    const known = await links.known(realm, id)
    if (await proof.isRight(found.value, known, password)) return admit(realm, found.value, known, password)
    const { verify, form } = readHash(found.value.password, found.value.salt)
    const isUnverifiable = verify === undefined && form !== 'none'
    if (isUnverifiable) log.warn({ source: name, id, form }, 'a hash cannot be verified')
    const cause = isUnverifiable ? 'unverifiable' : 'wrong'
    return refuse({ cause, account: known === null ? null : accountOf(known) })
  }

  const standingOf = (row: AccountsTable, found: LegacyPerson | undefined): Standing => {
    if (found === undefined) return 'gone'
    if (!found.isOpen) return 'closed'
    return marks.isOf(row.source_mark, found) ? 'open' : 'password-changed'
  }

  return {
    directory: {
      provePassword: (realm, login, password) => inEvenTime(() => prove(realm, login, password)),
      findById: parts.findById,
    },
    standings: async (asked) => {
      const found = await rows.byIds(asked.flatMap((row) => row.external_id ?? []))
      const byId = new Map(found.map((person) => [person.told.externalId, person]))
      return new Map(asked.map((row) => [row.id, standingOf(row, byId.get(row.external_id ?? ''))]))
    },
    lookUp: async (login) => {
      const found = await rows.byLogin(login)
      if (!found.ok) return found
      const person = personOf(found.value)
      const { form } = readHash(found.value.password, found.value.salt)
      return person.ok ? accept({ person: person.value, isOpen: found.value.isOpen, hash: form }) : person
    },
    census: (known) => takeCensus({ rows, readHash, marks }, known),
    close: () => rows.close(),
  }
}
