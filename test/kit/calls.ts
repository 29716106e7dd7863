import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogFields } from '../../src/lib/log.ts'
import type { SiteFile } from '../../src/policy/schema.ts'
import { jwksOf, makeIssuerKey, signToken, type IssuerKey } from './jws.ts'
import { createTempFolder } from './temp-folder.ts'
import { PREFIX, type Answer, type Visitor } from './visitor.ts'
import { PERSON, type Gate } from './gate.ts'

export const CALL = `${PREFIX}/contextual-call`

type PartnerFile = NonNullable<SiteFile['partners']>[number]

/** A hospital of the tests, with a key pair of its own; nobody's FINESS. */
export interface Hospital {
  readonly finess: string
  readonly key: IssuerKey
  readonly file: string
  readonly partner: PartnerFile
}

const folder = createTempFolder('hospitals')
process.once('exit', () => folder[Symbol.dispose]())

export const makeHospital = (id: string, finess: string, over: Partial<PartnerFile> = {}, alg = 'ES256'): Hospital => {
  const key = makeIssuerKey(alg, `${id}-2026`)
  const file = join(folder.path, `${id}-${String(Math.random()).slice(2)}.json`)
  writeFileSync(file, jwksOf(key))
  return {
    finess,
    key,
    file,
    partner: {
      id,
      finess,
      name: `CH d’Exemple ${id}`,
      keys: { file },
      algorithms: [alg as 'ES256'],
      caller: { amr: ['mfa', 'sc'] },
      contact: 'dsi@hopital.example.test',
      ...over,
    },
  }
}

/** A site that takes calls; its application is told by query. */
export const callSite = (
  hospitals: readonly Hospital[],
  call: Partial<NonNullable<SiteFile['contextual-call']>> = {},
): Partial<SiteFile> => ({
  ways: [
    { id: 'mailed-code', methods: ['password', 'email-code'], homologation: 'test' },
    { id: 'dpi', methods: ['contextual-call'], level: 2 },
  ],
  partners: hospitals.map(({ partner }) => partner),
  'contextual-call': {
    leeway: '5s',
    deliver: {
      as: 'query',
      path: '/dcc/patient',
      values: { ins: 'patient.matricule', oid: 'patient.oid', nom: 'patient.birth-name', ref: 'call.reference' },
      fixed: { mode: 'contextuel' },
    },
    ...call,
  },
})

/** Invented, of the test range, with right keys. */
export const JEANNE = {
  ins: { matricule: '250029912345672', oid: '1.2.250.1.213.1.4.8' },
  status: 'VALI',
  birth_name: 'FICTIVE-DURAND',
  first_given_name: 'Jeanne',
  given_names: 'Jeanne Marie',
  birth_date: '1950-02-01',
  sex: 'F',
  birth_place: '99123',
  local_id: 'IPP-0001',
} as const

export const PAUL = {
  ...JEANNE,
  ins: { matricule: '160119912345667', oid: '1.2.250.1.213.1.4.8' },
  birth_name: 'FICTIF-MARTIN',
  first_given_name: 'Paul',
  given_names: 'Paul',
  birth_date: '1960-11-30',
  sex: 'M',
  local_id: 'IPP-0002',
} as const

let calls = 0

export const claimsOf = (
  { finess }: Pick<Hospital, 'finess'>,
  now: number,
  over: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => {
  const second = Math.floor(now / 1_000)
  calls += 1
  return {
    iss: finess,
    aud: 'https://dcc.example.test',
    iat: second,
    exp: second + 60,
    jti: `call-${process.pid}-${String(calls).padStart(12, '0')}`,
    sub: PERSON.nationalId,
    auth_time: second - 600,
    amr: ['pwd', 'otp', 'mfa'],
    patient: JEANNE,
    ...over,
  }
}

export const callOf = (hospital: Hospital, now: number, over: Readonly<Record<string, unknown>> = {}): string =>
  signToken(hospital.key, claimsOf(hospital, now, over))

/** What a browser sends with a form of a page of another site that fills its window. */
export const FROM_DPI = {
  origin: 'https://dpi.example.test',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-user': '?1',
  accept: 'text/html',
} as const

/** The click in the record system: a form of another site, which cookies that are SameSite=Lax do not go with. */
export const click = (visitor: Visitor, token: string, headers: Record<string, string> = {}): Promise<Answer> => {
  const held = new Map(visitor.cookies)
  visitor.cookies.clear()
  return visitor
    .ask(CALL, { form: { token }, headers: { ...FROM_DPI, ...headers } })
    .finally(() => held.forEach((value, name) => visitor.cookies.has(name) || visitor.cookies.set(name, value)))
}

/** Follows redirects within the gate's own pages; the first answer that leads elsewhere, or is a page. */
export const follow = async (visitor: Visitor, answer: Answer): Promise<Answer> => {
  let at = answer
  for (let hops = 0; at.status === 303 && at.location?.startsWith(PREFIX) && hops < 5; hops += 1)
    at = await visitor.page(at.location, { 'sec-fetch-site': 'cross-site' })
  return at
}

export const open = async (visitor: Visitor, token: string): Promise<Answer> =>
  follow(visitor, await click(visitor, token))

/** Events of the trail by name, as their lines in the log say them. */
export const callEvents = (gate: Pick<Gate, 'log'>, name: string): readonly LogFields[] =>
  gate.log.filter(({ message, fields }) => message === 'audit' && fields['event'] === name).map(({ fields }) => fields)

/** What the trail says of the last refusal, without whose call it was and which patient's. */
export const lastReason = (gate: Pick<Gate, 'log'>): string =>
  String(callEvents(gate, 'call.refused').at(-1)?.['detail']).replace(/^\S+ \S+ /, '')
