import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { makeDemoCards, type DemoCards } from '../../src/cli/demo-cards.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createCards } from '../../src/methods/cps/index.ts'
import { createHeldLists } from '../../src/methods/cps/lists/held-lists.ts'
import { createCardLists } from '../../src/methods/cps/lists/keep-lists.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { silentLog } from '../../src/lib/log.ts'
import { ALIX, CAMILLE } from '../kit/igc-sante.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const ZOE = { nationalId: '899900000011', familyName: 'ŒUVRARD', givenName: 'ZOÉ' }

const run = (command: string, args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** The first certificate of a file, by openssl. */
const certificateIn = (file: string, password: string): X509Certificate => {
  const text = run('openssl', ['pkcs12', '-in', file, '-passin', `pass:${password}`, '-clcerts', '-nokeys'])
  return new X509Certificate(text.slice(text.indexOf('-----BEGIN')))
}

describe('cards of the demonstration', () => {
  const folder = createTempFolder('demo-cards')
  let made: DemoCards
  before(async () => {
    const holders = [
      { ...CAMILLE, kind: 'CPS' },
      { ...ZOE, kind: 'CPF' },
      { ...ALIX, kind: 'CPE' },
    ] as const
    made = await makeDemoCards(join(folder.path, 'cards'), holders, systemClock.now())
  })

  it('are files that openssl reads, key and certificate, and only with their password', () => {
    assert.equal(made.cards.length, 6)
    for (const { file, password } of made.cards) {
      assert.equal(statSync(file).mode & 0o777, 0o600)
      const all = run('openssl', ['pkcs12', '-in', file, '-passin', `pass:${password}`, '-nodes'])
      assert.equal(all.match(/BEGIN PRIVATE KEY/g)?.length, 1)
      assert.equal(all.match(/BEGIN CERTIFICATE/g)?.length, 3)
      assert.throws(
        () => run('openssl', ['pkcs12', '-in', file, '-passin', 'pass:other', '-nodes']),
        /invalid password/,
      )
    }
  })

  it('are files that NSS, and with it Firefox and Chromium, reads', () => {
    const database = join(folder.path, 'nss')
    mkdirSync(database)
    run('certutil', ['-N', '-d', `sql:${database}`, '--empty-password'])
    for (const { file, password } of made.cards)
      assert.match(run('pk12util', ['-i', file, '-d', `sql:${database}`, '-W', password]), /IMPORT SUCCESSFUL/)
    assert.match(run('certutil', ['-L', '-d', `sql:${database}`]), /CPS CAMILLE EXEMPLE +u,u,u/)
    assert.equal(run('certutil', ['-K', '-d', `sql:${database}`]).match(/^< *\d+>/gm)?.length, made.cards.length)
  })

  it('are judged as what they are', async () => {
    const lists = createCardLists({ settings: made.settings, clock: systemClock, log: silentLog })
    await lists.start()
    await lists.refresh()
    const held = createHeldLists()
    held.take(lists.current())
    lists.close()
    const judge = createCards(made.settings, { lists: held, clock: systemClock, random: systemRandom })
    const verdicts = await Promise.all(
      made.cards.map(async ({ file, password, what }) => {
        const leaf = new Uint8Array(certificateIn(file, password).raw)
        const judged = await judge.judge({ leaf, others: [] }, { cps: { kinds: ['CPS', 'CPF', 'CPE'] } })
        return [what, judged.ok ? `${judged.value.kind} ${judged.value.nationalId}` : judged.reason.reason]
      }),
    )
    assert.deepEqual(Object.fromEntries(verdicts), {
      'CPS CAMILLE EXEMPLE': 'CPS 899900000003',
      'CPF ZOÉ ŒUVRARD': 'CPF 899900000011',
      'CPE ALIX MODELE': 'CPE 3990000028/000000001',
      'CPS revoked': 'revoked',
      'CPS expired': 'expired',
      'CPE of a service': 'not-personal',
    })
  })
})
