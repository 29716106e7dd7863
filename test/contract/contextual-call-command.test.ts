import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { registerContextualCall } from '../../src/cli/contextual-call.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { callEvents, callOf, callSite, FROM_DPI, JEANNE, makeHospital, open } from '../kit/calls.ts'
import { runCommand } from '../kit/command.ts'
import { PERSON, startGate, type Gate } from '../kit/gate.ts'
import { startRedis, type RedisServer } from '../kit/redis.ts'
import { siteFile } from '../kit/sign-in.ts'
import { createTempFolder } from '../kit/temp-folder.ts'
import { startHttpUpstream, type HttpUpstream } from '../kit/upstream.ts'
import { createVisitor } from '../kit/visitor.ts'

const chu = makeHospital('chu', '990000017')
const SECRET = 'un-secret-de-test-de-plus-de-32-signes'
const secretFile = join(createTempFolder('link-secret').path, 'secret')
writeFileSync(secretFile, SECRET, { mode: 0o600 })
const old = makeHospital('old', '990000025', {
  keys: { 'secret-file': secretFile },
  link: {
    path: '/dcc/appel',
    fields: { rpps: 'user', ts: 'time', ipp: 'patient.local-id' },
    signature: { parameter: 'sig', algorithm: 'hmac-sha256', over: '{rpps}|{ts}|{ipp}' },
  },
})
const site = callSite([chu, old], { leeway: '1s', hmac: true })

describe('portillon contextual-call, beside a running gate', () => {
  let folder: string
  let redis: RedisServer
  let upstream: HttpUpstream
  let gate: Gate

  const run = (t: TestContext, ...words: readonly string[]) =>
    runCommand(t, registerContextualCall, ['contextual-call', ...words])
  const onInstance = (t: TestContext, ...words: readonly string[]) =>
    run(t, ...words, '--config', join(folder, 'portillon.yaml'))
  const call = (over = {}) => open(createVisitor(gate), callOf(chu, systemClock.now(), over))
  const referenceOf = (body: string): string => /id="reference">([A-Z0-9-]+)</.exec(body)?.[1] ?? assert.fail(body)

  before(async () => {
    folder = createTempFolder('call-command').path
    ;[redis, upstream] = await Promise.all([startRedis(), startHttpUpstream()])
    writeFileSync(join(folder, 'site.yaml'), JSON.stringify(siteFile(site)))
    writeFileSync(join(folder, 'one-partner.yaml'), JSON.stringify(siteFile(callSite([chu], { leeway: '1s' }))))
    writeFileSync(join(folder, 'key.pem'), chu.key.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    const instance = {
      sites: ['site.yaml'],
      store: { redis: redis.url, prefix: 'test:' },
      database: { url: `sqlite:${folder}/gate.sqlite` },
      keys: join(folder, 'keys'),
      smtp: { host: '127.0.0.1', port: 2525 },
    }
    gate = await startGate({
      upstream: upstream.url,
      site,
      settings: { databaseUrl: instance.database.url },
      config: { store: instance.store, keys: instance.keys },
    })
    writeFileSync(join(folder, 'portillon.yaml'), JSON.stringify(instance))
    // What was made before the gate began to remember is not taken; under load it begins late.
    for (let tries = 0; (await call()).status !== 303; tries += 1) {
      assert.ok(tries < 100, 'the gate takes calls')
      await new Promise((done) => setTimeout(done, 200))
    }
  })
  after(async () => {
    await gate.stop()
    await Promise.all([redis.stop(), upstream.stop()])
  })

  it('test: builds a call and judges it as the gate does; the gate takes it too', async (t) => {
    const words = ['--policy', join(folder, 'one-partner.yaml'), '--key', join(folder, 'key.pem'), '--kid', chu.key.kid]
    const patient = join(folder, 'patient.json')
    writeFileSync(patient, JSON.stringify(JEANNE))
    const judged = await run(t, 'test', ...words, '--patient', patient)
    assert.match(judged.out, /Judged here: accepted/)
    const weak = await run(t, 'test', ...words, '--patient', patient, '--amr', 'pwd')
    assert.match(weak.out, /refused, caller-too-weak/)
    // The invented patient has an INS of tests, which a partner past them may not send.
    const ofTests = await run(t, 'test', ...words)
    assert.match(ofTests.out, /refused, ins-of-tests/)
  })

  it('test: says of a token of the record system what is wrong with it', async (t) => {
    const file = join(folder, 'token')
    writeFileSync(file, callOf(chu, systemClock.now(), { aud: 'https://dcc.example.test/', role: 'x' }))
    const told = await run(t, 'test', '--policy', join(folder, 'site.yaml'), '--token', file)
    assert.match(told.out, /refused, audience-wrong/)
    assert.match(told.out, /to the character/)
  })

  it('explain: says what a reference of a page means, and whom to call', async (t) => {
    const reference = referenceOf((await call({ role: 'x' })).body)
    await gate.settle()
    await new Promise((done) => setTimeout(done, 300))
    const told = await onInstance(t, 'explain', reference.toLowerCase())
    assert.match(told.out, /partner chu/)
    assert.match(told.out, /claims-invalid: The claims do not fit the schema/)
    assert.match(told.out, /fields: role/)
    assert.match(told.out, /dsi@hopital\.example\.test/)
    assert.doesNotMatch(told.out, /250029912345672|FICTIVE/)
  })

  it('explain: says of an existing link that could be read in two ways which values are meant', async (t) => {
    const ts = String(Math.floor(systemClock.now() / 1_000))
    const [rpps, ipp] = [PERSON.nationalId ?? '', 'IPP|1']
    const sig = createHmac('sha256', SECRET).update(`${rpps}|${ts}|${ipp}`).digest('hex')
    const query = new URLSearchParams({ rpps, ts, ipp, sig }).toString()
    const reference = referenceOf((await createVisitor(gate).page(`/dcc/appel?${query}`, FROM_DPI)).body)
    await gate.settle()
    await new Promise((done) => setTimeout(done, 300))
    const told = await onInstance(t, 'explain', reference)
    assert.match(told.out, /link-ambiguous: A value of the link holds what separates two values/)
    assert.match(told.out, /fields: rpps, ts, ipp/)
    assert.doesNotMatch(told.out, /IPP/)
  })

  it('suspend: refuses every call at once and ends the sessions that calls have opened; resume takes it back', async (t) => {
    const visitor = createVisitor(gate)
    assert.equal((await open(visitor, callOf(chu, systemClock.now()))).status, 303)
    assert.equal((await visitor.page('/dcc/patient')).status, 200)
    const suspended = await onInstance(t, 'suspend', 'chu')
    assert.match(suspended.out, /suspended on all nodes; \d+ sessions? ended/)
    assert.equal((await visitor.page('/dcc/patient')).status, 302)
    assert.equal((await call()).status, 403)
    assert.match(String(callEvents(gate, 'call.refused').at(-1)?.['detail']), /partner-suspended/)
    await onInstance(t, 'resume', 'chu')
    assert.equal((await call()).status, 303)
    const unknown = await onInstance(t, 'suspend', 'nobody')
    assert.match(unknown.err, /no partner "nobody"/)
  })

  it('export: numbers by partner, day and result, and nothing of users and patients', async (t) => {
    await new Promise((done) => setTimeout(done, 300))
    const { out } = await onInstance(t, 'export', '--from', '2020-01-01', '--to', '2100-01-01')
    const [head, ...rows] = out.trim().split('\r\n')
    assert.equal(head, 'site;partner;finess;name;day;result;calls')
    assert.ok(
      rows.some((row) => /^onco-test;chu;990000017;CH d’Exemple chu;\d{4}-\d\d-\d\d;opened;\d+$/.test(row)),
      out,
    )
    assert.ok(
      rows.some((row) => row.includes(';partner-suspended;1')),
      out,
    )
    assert.doesNotMatch(out, /c\.exemple|8999000|patient:/)
  })
})
