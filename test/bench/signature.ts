import { createHmac, createSecretKey, generateKeyPairSync, sign } from 'node:crypto'
import { cpus } from 'node:os'
import { createRequestSigner } from '../../src/identity/request-signature.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'

/**
 * `node test/bench/signature.ts`: what a signed request costs, in µs of CPU of this process, beside its parts and beside
 * signatures with a key pair over the same text. Medians of nine rounds; the rounds are interleaved.
 */

const HEADERS = {
  'X-Remote-User': 'login',
  'X-User-Name': 'name',
  'X-User-RPPS': 'rpps',
  'X-User-Roles': 'roles',
} as const
const VALUES = {
  'X-Remote-User': 'z.oeuvrard',
  'X-User-Name': 'Zo%C3%A9 %C5%92uvrard',
  'X-User-RPPS': '99900000011',
  'X-User-Roles': 'medecin',
}
const identity = Object.entries(VALUES)
/** As long as a real one. */
const assertion = 'x'.repeat(900)
const request = { method: 'GET', host: 'dcc.example.test', target: '/dcc/ui/patient.jsp?id=1024&onglet=rcp' }
const secret = systemRandom.token(48)

const signer = (encoding: 'percent-utf8' | 'utf8') => {
  const signature = { 'key-id': 'dcc-2026', 'secret-file': '', lifetime: 60_000 }
  const made = createRequestSigner({ identity: { headers: HEADERS, encoding, signature } }, secret, {
    clock: systemClock,
    random: systemRandom,
  })
  if (made === null) throw new Error('nothing is signed')
  return () => made(request, identity, assertion)
}

const key = createSecretKey(secret, 'utf8')
const base = 'x'.repeat(1_500)
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const edwards = generateKeyPairSync('ed25519').privateKey

const CASES: Readonly<Record<string, readonly [times: number, run: () => unknown]>> = {
  'a signed request': [40_000, signer('percent-utf8')],
  'a signed request, values wrapped (utf8, latin1)': [40_000, signer('utf8')],
  'of these, HMAC-SHA-256': [40_000, () => createHmac('sha256', key).update(base, 'latin1').digest('base64')],
  'instead of it, ECDSA P-256': [
    2_000,
    () => sign('sha256', Buffer.from(base), { key: ec, dsaEncoding: 'ieee-p1363' }),
  ],
  'instead of it, Ed25519': [2_000, () => sign(null, Buffer.from(base), edwards)],
}

const measure = ([times, run]: readonly [number, () => unknown]): number => {
  const before = process.cpuUsage()
  for (let count = 0; count < times; count += 1) run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

const rounds = Array.from({ length: 9 }, () => Object.values(CASES).map(measure))
process.stdout.write(`${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, µs of CPU\n`)
for (const [at, name] of Object.keys(CASES).entries()) {
  const sorted = rounds.map((round) => round[at] ?? 0).sort((one, other) => one - other)
  process.stdout.write(`${(sorted[4] ?? 0).toFixed(2).padStart(8)}  ${name}\n`)
}
