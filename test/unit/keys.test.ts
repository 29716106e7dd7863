import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, it } from 'node:test'
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { KeyFolderError } from '../../src/identity/key-folder.ts'
import { scheduleOf } from '../../src/identity/key-schedule.ts'
import { openKeyring, type Keyring } from '../../src/identity/keyring.ts'
import { refreshKeyring } from '../../src/identity/refresh.ts'
import { silentLog } from '../../src/lib/log.ts'
import { createManualClock, type ManualClock } from '../kit/clock.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let clock: ManualClock
let folder: string
beforeEach(() => {
  clock = createManualClock('2026-11-23T09:00:00Z')
  folder = join(createTempFolder('keys').path, 'keys')
})

const open = () => openKeyring(folder, { clock })
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
const kidsOf = (keyring: Keyring) => keyring.publicJwks(clock.now()).keys.map(({ kid }) => kid)
const signingKid = (keyring: Keyring) => keyring.signingKey(clock.now()).kid

const signWith = (keyring: Keyring) => {
  const { kid, algorithm, privateKey } = keyring.signingKey(clock.now())
  return new SignJWT({ sub: 'a-1' }).setProtectedHeader({ alg: algorithm, kid }).sign(privateKey)
}
const verifiesWith = (keyring: Keyring, token: string) =>
  jwtVerify(token, createLocalJWKSet(keyring.publicJwks(clock.now()))).then(
    () => true,
    () => false,
  )

describe('the key folder', () => {
  it('is made at first start with one key of each kind, for nobody but its owner', async () => {
    const keyring = await open()
    assert.deepEqual(readdirSync(folder), ['assertion-0001.json', 'cookie-0001.json', 'general-0001.json'])
    assert.equal(modeOf(folder), '700')
    for (const name of readdirSync(folder)) assert.equal(modeOf(join(folder, name)), '600')
    assert.deepEqual(
      keyring.list().map(({ kind, generation, state, signsFrom, retiresAt }) => ({
        kind,
        generation,
        state,
        signsFrom,
        retiresAt,
      })),
      ['assertion', 'cookie', 'general'].map((kind) => ({
        ...{ kind, generation: 1, state: 'signing', signsFrom: clock.now(), retiresAt: null },
      })),
    )
  })

  it('holds the assertion key as a private JWK named by its thumbprint, and publishes its public half only', async () => {
    const keyring = await open()
    const file = JSON.parse(readFileSync(join(folder, 'assertion-0001.json'), 'utf8')) as Record<string, string>
    assert.equal(file['kid'], await calculateJwkThumbprint(file))
    const [jwk, ...more] = keyring.publicJwks(clock.now()).keys
    assert.deepEqual(more, [])
    assert.deepEqual(jwk, {
      ...{ kty: 'EC', crv: 'P-256', x: file['x'], y: file['y'], kid: file['kid'], alg: 'ES256', use: 'sig' },
    })
    assert.equal(JSON.stringify(keyring.publicJwks(clock.now())).includes(file['d'] ?? ''), false)
    assert.equal(JSON.stringify(keyring.list()).includes(file['d'] ?? ''), false)
  })

  it('gives the same keys to every process that opens it, also to several that make it at once', async () => {
    const keyrings = await Promise.all(Array.from({ length: 8 }, open))
    assert.equal(new Set(keyrings.map(signingKid)).size, 1)
    assert.equal(new Set(keyrings.map((keyring) => keyring.cookieSecrets().join())).size, 1)
    assert.equal(new Set(keyrings.map((keyring) => keyring.derive('codes').toString('hex'))).size, 1)
    assert.equal(readdirSync(folder).length, 3)
  })

  it('is only looked at when asked to', async () => {
    const keyring = await openKeyring(folder, { clock, create: false })
    assert.deepEqual(keyring.list(), [])
    assert.equal(existsSync(folder), false)
    assert.throws(() => keyring.signingKey(clock.now()), KeyFolderError)
    assert.throws(() => keyring.derive('codes'), KeyFolderError)
  })

  it('G-06: is refused when a key is a link that leads nowhere', async () => {
    await open()
    rmSync(join(folder, 'cookie-0001.json'))
    symlinkSync(join(folder, 'gone.json'), join(folder, 'cookie-0001.json'))
    await assert.rejects(open(), /cookie-0001\.json cannot be read \(ENOENT\)/)
  })

  it('may hold files that are not keys', async () => {
    await open()
    writeFileSync(join(folder, 'README.txt'), 'notes')
    writeFileSync(join(folder, '.draft.unfinished'), 'half')
    assert.equal((await open()).list().length, 3)
  })
})

describe('a key folder that cannot be trusted', () => {
  const refusal = async (): Promise<string> => {
    const error: unknown = await open().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof KeyFolderError)
    assert.equal(error.cause, undefined)
    return `${error.message}\n${error.stack ?? ''}`
  }

  for (const mode of [0o755, 0o750, 0o711, 0o702]) {
    it(`G-06: refuses a folder of mode ${mode.toString(8)}, with the remedy`, async () => {
      await open()
      chmodSync(folder, mode)
      assert.match(
        await refusal(),
        new RegExp(`${folder} is open to other users \\(mode ${mode.toString(8)}\\).*chmod 700`),
      )
    })
  }

  for (const name of ['assertion-0001.json', 'cookie-0001.json', 'general-0001.json']) {
    it(`G-06: refuses ${name} when others can read it, with the remedy`, async () => {
      await open()
      for (const mode of [0o644, 0o640, 0o604]) {
        chmodSync(join(folder, name), mode)
        assert.match(
          await refusal(),
          new RegExp(`${name} is open to other users \\(mode ${mode.toString(8)}\\).*chmod 600`),
        )
      }
    })

    it(`G-06: refuses ${name} when it is empty, half written, of another form or misnamed, and never shows its content`, async () => {
      await open()
      const path = join(folder, name)
      const whole = readFileSync(path, 'utf8')
      const secret = /"(?:d|k)": "(?<secret>[^"]+)"/.exec(whole)?.groups?.['secret'] ?? ''
      assert.equal(secret.length, 43)
      const file = JSON.parse(whole) as Record<string, string>
      const contents = [
        '',
        whole.slice(0, whole.indexOf(secret) + 40),
        `${secret}${whole}`,
        JSON.stringify({ ...file, more: 'unknown' }),
        JSON.stringify({ ...file, created: 'yesterday' }),
        JSON.stringify({ ...file, d: secret.slice(1), k: secret.slice(1) }),
        '[]',
        'x'.repeat(20_000),
      ]
      for (const content of contents) {
        writeFileSync(path, content)
        const text = await refusal()
        assert.match(text, new RegExp(name))
        assert.equal(text.includes(secret.slice(0, 8)), false)
      }
      writeFileSync(path, whole)
      renameSync(path, `${path}.bak`)
      assert.match(await refusal(), new RegExp(`${name}.bak looks like a key`))
    })
  }

  it('G-06: refuses an assertion key whose halves do not belong together, or whose name is not its thumbprint', async () => {
    await open()
    const path = join(folder, 'assertion-0001.json')
    const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const { d = '' } = await exportJWK(privateKey)
    for (const change of [{ d }, { kid: 'A'.repeat(43) }, { x: file['y'] }]) {
      writeFileSync(path, JSON.stringify({ ...file, ...change }))
      assert.match(await refusal(), /assertion-0001\.json is not a whole key/)
    }
  })

  it('O-07: a process that runs goes on with the keys it had, whatever happens to the folder', async () => {
    const keyring = await open()
    const [kid, secrets] = [signingKid(keyring), keyring.cookieSecrets()]
    chmodSync(join(folder, 'cookie-0001.json'), 0o644)
    await assert.rejects(keyring.reload(), KeyFolderError)
    chmodSync(join(folder, 'cookie-0001.json'), 0o600)
    rmSync(join(folder, 'general-0001.json'))
    await assert.rejects(keyring.reload(), /has lost its general keys/)
    rmSync(folder, { recursive: true })
    await assert.rejects(keyring.reload(), KeyFolderError)
    assert.equal(existsSync(folder), false)
    assert.deepEqual([signingKid(keyring), keyring.cookieSecrets()], [kid, secrets])
  })

  it('O-07: what is wrong with the folder is said in the log by the process that runs', async (t) => {
    const keyring = await open()
    chmodSync(folder, 0o755)
    const line = await new Promise<{ message: string; reason: unknown }>((resolve) => {
      const log = {
        ...silentLog,
        error: ({ reason }: { reason?: unknown }, message: string) => resolve({ message, reason }),
      }
      t.after(refreshKeyring(keyring, log, 5))
    })
    assert.match(String(line.reason), /chmod 700/)
  })
})

describe('changing the assertion key', () => {
  it('publishes the new one at once, signs with it after ten minutes, and keeps the old one for one more hour', async () => {
    const keyring = await open()
    const old = signingKid(keyring)
    const added = await keyring.rotate('assertion')
    assert.deepEqual([added.state, added.signsFrom], ['next', clock.now() + 10 * MINUTE])
    const next = added.kid ?? ''

    const seen = () => [signingKid(keyring), kidsOf(keyring)] as const
    assert.deepEqual(seen(), [old, [old, next]])
    clock.advance(10 * MINUTE - 1)
    assert.deepEqual(seen(), [old, [old, next]])
    clock.advance(1)
    assert.deepEqual(seen(), [next, [next, old]])
    clock.advance(HOUR - 1)
    assert.deepEqual(seen(), [next, [next, old]])
    clock.advance(1)
    assert.deepEqual(seen(), [next, [next]])
  })

  it('leaves no moment at which a reader with a ten-minute-old copy of jwks.json refuses an assertion', async () => {
    const keyring = await open()
    await keyring.rotate('assertion')
    for (let minute = 0; minute < 90; minute += 1) {
      const copy = createLocalJWKSet(keyring.publicJwks(clock.now()))
      const early = await signWith(keyring)
      clock.advance('1m')
      const late = await signWith(keyring)
      await jwtVerify(late, copy)
      assert.equal(await verifiesWith(keyring, early), true)
    }
  })

  it('is agreed upon by a node that was running, one that started in the middle, and one that starts after it', async () => {
    const running = await open()
    await (await open()).rotate('assertion')
    clock.advance('5m')
    const middle = await open()
    await running.reload()
    for (const step of ['0s', '5m', '30m', '30m', '10m']) {
      clock.advance(step)
      const late = await open()
      assert.deepEqual(
        [running, middle, late].map((keyring) => [signingKid(keyring), kidsOf(keyring)]),
        Array.from({ length: 3 }, () => [signingKid(late), kidsOf(late)]),
      )
      assert.equal(await verifiesWith(middle, await signWith(running)), true)
    }
  })

  it('can go over to EdDSA, and both kinds verify while they overlap', async () => {
    const keyring = await open()
    const before = await signWith(keyring)
    const added = await keyring.rotate('assertion', { algorithm: 'EdDSA' })
    assert.equal(added.algorithm, 'EdDSA')
    clock.advance('10m')
    const after = await signWith(keyring)
    assert.equal(await verifiesWith(keyring, before), true)
    assert.equal(await verifiesWith(keyring, after), true)
    assert.equal(keyring.signingKey(clock.now()).publicJwk.crv, 'Ed25519')
  })

  it('takes retired files away with the next change, and never numbers a key twice', async () => {
    const keyring = await open()
    await keyring.rotate('assertion')
    clock.advance('2h')
    await keyring.rotate('assertion')
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('assertion')),
      ['assertion-0002.json', 'assertion-0003.json'],
    )
  })

  it('succeeds once when two administrators do it at the same moment', async () => {
    const [left, right] = [await open(), await open()]
    const outcomes = await Promise.allSettled([left.rotate('assertion'), right.rotate('assertion')])
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    assert.equal(readdirSync(folder).filter((name) => name.startsWith('assertion')).length, 3 - refused.length)
  })

  it('takes effect at once when the signing key is taken away by hand', async () => {
    const keyring = await open()
    const stolen = signingKid(keyring)
    const { kid } = await keyring.rotate('assertion')
    rmSync(join(folder, 'assertion-0001.json'))
    await keyring.reload()
    assert.deepEqual([signingKid(keyring), kidsOf(keyring)], [kid, [kid]])
    assert.notEqual(kid, stolen)
  })
})

describe('the secrets', () => {
  it('a new cookie secret is believed at once, signs after a day, and the old one is believed for a week more', async () => {
    const keyring = await open()
    const [old = ''] = keyring.cookieSecrets()
    assert.match(old, /^[\w-]{43}$/)
    await keyring.rotate('cookie')
    const next = keyring.cookieSecrets()[1] ?? ''
    assert.deepEqual(keyring.cookieSecrets(), [old, next])
    clock.advance('23h')
    assert.deepEqual(keyring.cookieSecrets(), [old, next])
    clock.advance('1h')
    assert.deepEqual(keyring.cookieSecrets(), [next, old])
    clock.advance('7d')
    assert.deepEqual(keyring.cookieSecrets(), [next])
  })

  it('answers with the same list until it changes, so that asking costs nothing', async () => {
    const keyring = await open()
    assert.equal(keyring.cookieSecrets(), keyring.cookieSecrets())
    assert.equal(keyring.deriveAll('codes'), keyring.deriveAll('codes'))
    assert.equal(keyring.publicJwks(clock.now()), keyring.publicJwks(clock.now()))
  })

  it('derived keys differ by purpose, are the same everywhere, and outlive every change of the general secret', async () => {
    const keyring = await open()
    const [codes, targets] = [keyring.derive('codes'), keyring.derive('targets')]
    assert.equal(codes.length, 32)
    assert.notDeepEqual(codes, targets)
    assert.deepEqual((await open()).derive('codes'), codes)
    await keyring.rotate('general')
    assert.deepEqual(keyring.derive('codes'), codes)
    assert.equal(keyring.deriveAll('codes').length, 2)
    clock.advance('10m')
    assert.notDeepEqual(keyring.derive('codes'), codes)
    clock.advance('7d')
    assert.deepEqual(keyring.deriveAll('codes')[1], codes)
  })
})

describe('the schedule of keys', () => {
  const overlap = { lead: 10 * MINUTE, kept: HOUR }
  const statesAt = (keys: readonly { generation: number; signsFrom: number }[], now: number) =>
    Object.fromEntries(scheduleOf(keys, overlap, now).all.map(({ key, state }) => [key.generation, state]))

  it('follows the generations also when several changes are made in a row', () => {
    const keys = [
      { generation: 1, signsFrom: 0 },
      { generation: 2, signsFrom: 10 },
      { generation: 3, signsFrom: 12 },
    ]
    assert.deepEqual(statesAt(keys, 9), { 1: 'signing', 2: 'next', 3: 'next' })
    assert.deepEqual(statesAt(keys, 11), { 1: 'kept', 2: 'signing', 3: 'next' })
    assert.deepEqual(statesAt(keys, 12), { 1: 'kept', 2: 'kept', 3: 'signing' })
    assert.deepEqual(statesAt(keys, 10 + HOUR), { 1: 'retired', 2: 'kept', 3: 'signing' })
  })

  it('always has a key that signs, also when the clock was set back before all of them', () => {
    assert.deepEqual(
      statesAt(
        [
          { generation: 4, signsFrom: 50 },
          { generation: 5, signsFrom: 60 },
        ],
        10,
      ),
      {
        4: 'signing',
        5: 'next',
      },
    )
  })

  it('says until when it holds', () => {
    const keys = [
      { generation: 1, signsFrom: 0 },
      { generation: 2, signsFrom: 10 },
    ]
    assert.equal(scheduleOf(keys, overlap, 5).holdsUntil, 10)
    assert.equal(scheduleOf(keys, overlap, 10).holdsUntil, 10 + HOUR)
    assert.equal(scheduleOf(keys, overlap, 10 + HOUR).holdsUntil, Infinity)
  })
})
