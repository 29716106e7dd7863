import type { SiteFile } from '../../src/policy/schema.ts'
import type { ProviderCredentials, ProviderMethod } from '../../src/policy/provider-credentials.ts'
import { CLIENT_ID, CLIENT_SECRET } from './scripted-provider.ts'
import { PREFIX, type Answer, type Visitor } from './visitor.ts'

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

/** From the sign-in page of a path to the provider: the address that the gate sends the browser to. */
export const goToProvider = async (
  visitor: Visitor,
  path = '/dcc/',
  method: ProviderMethod = 'pro-sante-connect',
): Promise<Answer> => {
  const challenged = await visitor.page(path)
  const page = await visitor.page(challenged.location ?? '')
  const link = new RegExp(`href="(${PREFIX}/${method}(?:\\?[^"]*)?)"`).exec(page.body)?.[1]
  if (link === undefined) throw new Error(`the page has no button for ${method}: ${page.status}`)
  return visitor.page(link.replaceAll('&amp;', '&'))
}
