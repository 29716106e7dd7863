import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { siteCalls } from '../../src/app/join-calls.ts'
import { silentLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { callClaimsSchema } from '../../src/methods/contextual-call/claims.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { callSite, claimsOf, makeHospital } from '../kit/calls.ts'
import { createManualClock } from '../kit/clock.ts'
import { loadedSite } from '../kit/gate.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { requireTool } from '../kit/tools.ts'

const examples = join(import.meta.dirname, '../../deploy/contextual-call')
const folder = createTempFolder('call-examples').path
const AUDIENCE = 'https://dcc.example.test'

/** The site of the manual, whose establishment has this key set; judged at that moment. */
const judge = async (jwks: object, alg: 'ES256' | 'RS256', token: string, now: number): Promise<string> => {
  const hospital = makeHospital('chu', '990000017', { algorithms: [alg] })
  writeFileSync(hospital.file, JSON.stringify(jwks))
  const clock = createManualClock(now - 3_600_000)
  const store = createMemoryStore({ clock })
  const keyring = { derive: () => Buffer.alloc(32), deriveAll: () => [Buffer.alloc(32)] }
  const calls = siteCalls(
    { store, keyring },
    { clock, random: systemRandom, log: silentLog },
    loadedSite(callSite([hospital])),
  )
  assert.ok(calls !== null)
  await calls.begin()
  clock.set(now)
  const arrived = { now, address: undefined, method: 'POST' as const, reference: 'R', isFramed: false }
  const received = await calls.receive({ token }, arrived)
  return received.ok ? 'accepted' : JSON.stringify(received.reason)
}

const pair = (kind: 'ec' | 'rsa' = 'ec') => {
  const { privateKey, publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const file = join(folder, 'key.pem')
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return { file, jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'example-2026' }] } }
}

const run = (tool: string, program: string, key: string): string =>
  execFileSync(tool, [join(examples, program), key, 'example-2026', '990000017', AUDIENCE, '899900000003'], {
    encoding: 'utf8',
  }).trim()

interface Trace {
  readonly jwks: object
  readonly header: unknown
  readonly claims: Readonly<Record<string, unknown>> & { readonly iat: number; readonly patient: object }
  readonly signingInput: string
  readonly token: string
  readonly request: { readonly body: string }
}

describe('the examples for integrators', () => {
  it('Node: a token that the gate takes', async () => {
    const { file, jwks } = pair()
    assert.equal(await judge(jwks, 'ES256', run(process.execPath, 'call.mjs', file), Date.now()), 'accepted')
  })

  it('Java: a token that the gate takes', async () => {
    const { file, jwks } = pair()
    assert.equal(await judge(jwks, 'ES256', run(requireTool('java'), 'Call.java', file), Date.now()), 'accepted')
  })

  it('PHP: a token that the gate takes', async () => {
    const { file, jwks } = pair('rsa')
    assert.equal(await judge(jwks, 'RS256', run(requireTool('php'), 'call.php', file), Date.now()), 'accepted')
  })

  const trace = JSON.parse(readFileSync(join(examples, 'trace.json'), 'utf8')) as Trace

  it('the trace of C# is what the gate takes, byte for byte, at its moment and no later', async () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    assert.equal(trace.signingInput, `${encode(trace.header)}.${encode(trace.claims)}`)
    assert.equal(trace.token.startsWith(`${trace.signingInput}.`), true)
    assert.equal(new URLSearchParams(trace.request.body).get('token'), trace.token)
    const at = trace.claims.iat * 1_000
    assert.equal(await judge(trace.jwks, 'RS256', trace.token, at + 1_000), 'accepted')
    assert.match(await judge(trace.jwks, 'RS256', trace.token, at + 300_000), /expired/)
    assert.match(await judge(trace.jwks, 'ES256', trace.token, at), /algorithm-refused/)
  })

  it('C# names every claim of the trace', () => {
    const names = [...Object.keys(trace.claims), ...Object.keys(trace.claims.patient), 'matricule', 'oid'].sort()
    const csharp = readFileSync(join(examples, 'Call.cs'), 'utf8')
    for (const name of names) assert.match(csharp, new RegExp(`\\b${name} =`), name)
  })

  it('the schema takes what the examples send, and the claims of the manual', () => {
    assert.equal(callClaimsSchema.safeParse(trace.claims).success, true)
    assert.equal(callClaimsSchema.safeParse(claimsOf({ finess: '990000017' }, Date.now())).success, true)
    const manual = readFileSync(join(examples, '../contextual-call.md'), 'utf8')
    const fields = [
      ...Object.keys(callClaimsSchema.shape),
      ...Object.keys(callClaimsSchema.shape.patient.unwrap().shape),
    ]
    for (const name of fields.filter((one) => !['nbf'].includes(one)))
      assert.match(manual, new RegExp(`\`${name}[\`.:]`), name)
  })
})
