import { parseTarget } from '../../src/lib/path.ts'
import type { Target } from '../../src/lib/target.ts'
import { siteSchema, type Site, type SiteFile } from '../../src/policy/schema.ts'
import type { SignedIn } from '../../src/policy/subject.ts'

/** A site as the schema gives it, with the least settings and whatever a test adds. */
export const makeSite = (fields: Partial<SiteFile> = {}): Site =>
  siteSchema.parse({
    site: 'test',
    hosts: ['dcc.example.test'],
    name: 'DCC',
    network: 'Réseau de test',
    upstream: { url: 'http://127.0.0.1:9' },
    ways: [{ id: 'mailed-code', methods: ['password', 'email-code'] }],
    'email-code': { from: 'WebDCR@example.test' },
    support: { name: 'Votre référent RCP' },
    ...fields,
  })

/** The target of a request that the gate would judge. */
export const targetOf = (method: string, url: string): Target => {
  const target = parseTarget(method, url)
  if (!target.ok) throw new Error(`refused before any rule: ${target.reason}`)
  return target.value
}

export const person = (fields: Partial<SignedIn> = {}): SignedIn => ({
  kind: 'signed-in',
  account: 'account-1',
  login: 'c.exemple',
  name: 'Camille Exemple',
  givenName: 'Camille',
  familyName: 'Exemple',
  email: null,
  nationalId: null,
  roles: [],
  way: 'mailed-code',
  level: 1,
  methods: ['password', 'email-code'],
  authenticatedAt: 0,
  ...fields,
})
