import { z } from 'zod'
import { practiceSchema } from '../policy/practice.ts'
import { PROOFS } from '../policy/schema.ts'
import type { SignedIn } from '../policy/subject.ts'

/** What the gate remembers of a person who signed in. Written once at sign-in; the data path only reads it. */
export const sessionRecordSchema = z.object({
  site: z.string(),
  realm: z.string(),
  account: z.string(),
  login: z.string(),
  name: z.string(),
  givenName: z.string(),
  familyName: z.string(),
  email: z.string().nullable(),
  nationalId: z.string().nullable(),
  roles: z.array(z.string()),
  way: z.string(),
  level: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  methods: z.array(z.enum(PROOFS)),
  /** All times are milliseconds since the epoch. */
  authenticatedAt: z.number(),
  startedAt: z.number(),
  /** The absolute limit. */
  endsAt: z.number(),
  /** Idle limit of the site when the session began, milliseconds. */
  idle: z.number(),
  /** For the person's own list of sessions: whence and with what it was opened. */
  address: z.string(),
  device: z.string(),
  /** As what and where the person works, taken or chosen at sign-in. */
  practice: practiceSchema.optional(),
  /** The call of a record system that it was opened by, or goes on for; the patient encrypted. */
  call: z
    .object({
      id: z.string(),
      partner: z.string(),
      reference: z.string(),
      patient: z.string().nullable(),
      sealed: z.string(),
      confined: z.boolean(),
      framed: z.boolean().optional(),
    })
    .optional(),
})
export type SessionRecord = z.infer<typeof sessionRecordSchema>

export const subjectOf = (record: SessionRecord): SignedIn => ({
  kind: 'signed-in',
  account: record.account,
  login: record.login,
  name: record.name,
  givenName: record.givenName,
  familyName: record.familyName,
  email: record.email,
  nationalId: record.nationalId,
  roles: record.roles,
  way: record.way,
  level: record.level,
  methods: record.methods,
  authenticatedAt: record.authenticatedAt,
  ...(record.practice === undefined ? {} : { practice: record.practice }),
  ...(record.call === undefined ? {} : { call: record.call }),
})
