import type { Problem } from '../../src/lib/settings/problem.ts'
import { parseSite } from '../../src/policy/load.ts'

/** A site file without a fault, section by section, as people write it. */
const SECTIONS = {
  site: 'site: test',
  hosts: 'hosts: [dcc.example.test]',
  name: 'name: DCC',
  network: 'network: Réseau de test',
  upstream: 'upstream: { url: http://webdcr.internal:8080 }',
  ways: 'ways: [{ id: mailed-code, methods: [password, email-code], homologation: Décision 1 }]',
  'email-code': 'email-code: { from: WebDCR@example.test }',
  identity: 'identity: { assertion: { audience: webdcr } }',
  support: 'support: { name: Votre référent RCP, phone: 01 99 00 00 00 }',
  legal: 'legal: Secret professionnel',
} as const

export type Changes = Partial<Record<keyof typeof SECTIONS, string>> & { readonly more?: string }

/** The file with some sections written otherwise; an empty text leaves a section out. */
export const siteText = ({ more = '', ...changes }: Changes = {}): string =>
  [...Object.values({ ...SECTIONS, ...changes }), more].filter((section) => section !== '').join('\n') + '\n'

export const NOW = Date.parse('2026-11-23T09:00:00Z')

/** Every problem of a site text, errors and warnings. */
export const problemsOf = (text: string, file = 'sites/test.yaml', now = NOW): readonly Problem[] => {
  const parsed = parseSite(text, file, { now })
  return parsed.ok ? parsed.value.warnings : parsed.reason
}

/** The number of the line that ends with the mark `# here`. */
export const markedLine = (text: string): number => {
  const line = text.split('\n').findIndex((each) => each.endsWith('# here'))
  if (line === -1) throw new Error('no line is marked')
  return line + 1
}
