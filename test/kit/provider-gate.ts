import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { AuditRecord } from '../../src/audit/canonical.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import type { ProviderCredentials, ProviderMethod } from '../../src/policy/provider-credentials.ts'
import { startGate, type Gate, type GateOptions } from './gate.ts'
import { CLIENT_ID, CLIENT_SECRET, startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts'
import { startHttpUpstream, type HttpUpstream } from './upstream.ts'
import { createVisitor, PREFIX, type Answer, type Visitor } from './visitor.ts'

export const SECRET: ProviderCredentials = { secret: CLIENT_SECRET, certificate: null, key: null, ca: null }

export const PSC_WAY = { id: 'psc', methods: ['pro-sante-connect' as const], level: 3 }

/** A site with Pro Santé Connect first, and the mailed code beside it. */
export const pscSite = (
  issuer: string,
  section: Partial<NonNullable<SiteFile['pro-sante-connect']>> = {},
): Partial<SiteFile> => ({
  ways: [PSC_WAY, { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' }],
  'pro-sante-connect': {
    issuer,
    'client-id': CLIENT_ID,
    'client-secret-file': 'psc.secret',
    timeout: '2s',
    ...section,
  },
})

/** A site with a hospital's own provider first, whose accounts are linked by issuer and sub. */
export const hospitalSite = (issuer: string): Partial<SiteFile> => ({
  ways: [
    { id: 'hospital', methods: ['oidc'] },
    { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
  ],
  oidc: {
    name: 'CHU de test',
    issuer,
    discovery: '/.well-known/wallet-openid-configuration',
    'client-id': CLIENT_ID,
    'client-secret-file': 'oidc.secret',
    acr: { accepted: { eidas1: 2 } },
  },
})

/** From the sign-in page of a path to the provider: the address that the gate sends the browser to. */
export const goToProvider = async (
  visitor: Visitor,
  path = '/dcc/',
  method: ProviderMethod = 'pro-sante-connect',
): Promise<Answer> => {
  const challenged = await visitor.page(path)
  const linkOf = ({ body }: Answer) =>
    new RegExp(`href="(${PREFIX}/${method}(?:\\?[^"]*)?)"`).exec(body)?.[1]?.replaceAll('&amp;', '&')
  // Its description is read in the background: on a busy machine it may come after the first visitor.
  const deadline = performance.now() + 15_000
  let link = linkOf(await visitor.page(challenged.location ?? ''))
  while (link === undefined) {
    assert.ok(performance.now() < deadline, `the page has no button for ${method}`)
    await pause(100)
    link = linkOf(await visitor.page(challenged.location ?? ''))
  }
  return visitor.page(link)
}

export interface ProviderGate {
  readonly upstream: HttpUpstream
  readonly provider: ScriptedProvider
  readonly gate: Gate
  /** A new browser for each test. */
  readonly visitor: Visitor
  /** Signs in at the provider; the answer of the gate to what the browser brings back. */
  comeBack(visitor?: Visitor, path?: string): Promise<Answer>
}

/** A gate before an application, with a provider whose answers each test writes. Honest again before each test. */
export const useProviderGate = (
  section: Partial<NonNullable<SiteFile['pro-sante-connect']>> = {},
  options: Partial<GateOptions> = {},
): ProviderGate => {
  let parts: Pick<ProviderGate, 'upstream' | 'provider' | 'gate'> | undefined
  let visitor: Visitor | undefined
  const made = () => parts ?? assert.fail('asked for outside a test')
  before(async () => {
    const upstream = await startHttpUpstream()
    const provider = await startScriptedProvider()
    const site = { ...pscSite(provider.issuer, section), ...options.site }
    const providers = { 'pro-sante-connect': SECRET }
    parts = { upstream, provider, gate: await startGate({ upstream: upstream.url, providers, ...options, site }) }
  })
  after(async () => {
    await parts?.gate.stop()
    await parts?.provider.stop()
    await parts?.upstream.stop()
  })
  beforeEach(() => {
    visitor = createVisitor(made().gate)
    made().provider.says({})
  })
  const use: ProviderGate = {
    get upstream() {
      return made().upstream
    },
    get provider() {
      return made().provider
    },
    get gate() {
      return made().gate
    },
    get visitor() {
      return visitor ?? assert.fail('asked for outside a test')
    },
    comeBack: async (by = use.visitor, path = '/dcc/') => {
      const sent = await goToProvider(by, path)
      assert.equal(sent.status, 303, sent.body)
      return by.page(made().provider.answerTo(sent.location ?? ''))
    },
  }
  return use
}

/** What was written into the trail, newest last. */
export const eventsOf = ({ log }: Pick<Gate, 'log'>): readonly AuditRecord[] =>
  log.filter(({ message }) => message === 'audit').map(({ fields }) => fields as unknown as AuditRecord)

/**
 * Holds that nothing came of an answer: no session, a page that says so in its own words, and one line in the trail with the
 * cause and the issuer.
 */
export const assertRefused = async (
  use: Pick<ProviderGate, 'gate' | 'provider'>,
  visitor: Visitor,
  answer: Answer,
  { kind, cause }: { readonly kind: string; readonly cause: string },
): Promise<void> => {
  assert.equal(answer.status, 303, answer.body)
  const reference = /[?&]ref=([\w-]+)/.exec(answer.location ?? '')?.[1] ?? 'none'
  const refusals = eventsOf(use.gate).filter(({ event }) => event === 'sign-in.provider-refused')
  const wanted = `${cause} ${use.provider.issuer}`
  // Many alike are counted, not written one by one: then it is one of the same kind.
  const event =
    refusals.find((one) => one.reference === reference) ?? refusals.findLast(({ detail }) => detail === wanted)
  assert.equal(event?.detail, wanted)
  const location = answer.location ?? ''
  assert.match(location, new RegExp(`^${PREFIX}/pro-sante-connect/refused\\?why=${kind}&`))
  const page = await visitor.page(location)
  if (kind !== 'cancelled') assert.match(page.body, new RegExp(`id="reference">${reference}<`))
  assert.equal((await visitor.page('/dcc/')).status, 302, 'a session was opened')
}
