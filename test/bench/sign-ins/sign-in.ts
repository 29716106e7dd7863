import { setTimeout as pause } from 'node:timers/promises'
import { generateSync } from 'otplib'
import { createVisitor, hiddenFields, openSignIn, PREFIX, type Answer, type Visitor } from '../../kit/visitor.ts'
import { HOST } from '../installed-gate.ts'
import { PASSWORD, type Person } from './directory.ts'

const STEP = 30

/** A code of the step before is two steps old, and refused, when a new step begins on its way: then that step is waited for. */
const EDGE = 5_000
const untilWellWithin = async (step: number): Promise<void> => {
  const left = STEP * 1_000 - (Date.now() % (STEP * 1_000))
  if (step < 0 && left < EDGE) await pause(left)
}

/** @param step of the application: each code works once, and one step early or late */
const codeOf = (secret: string, step: number): string =>
  generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + step * STEP })

export type Outcome = 'signed-in' | 'busy' | 'failed'

const given = async (visitor: Visitor, { login }: Person): Promise<Answer> => {
  const form = { ...(await openSignIn(visitor, '/')), login, password: PASSWORD, way: 'application' }
  return visitor.ask(`${PREFIX}/sign-in`, { form })
}

/** A whole sign-in as a browser does it, five requests: the page, the sign-in page, its form, the code page, its form. */
export const signIn = async (
  port: number,
  person: Person,
  step = 0,
): Promise<{ readonly outcome: Outcome; readonly visitor: Visitor }> => {
  const visitor = createVisitor({ host: HOST, origin: `https://${HOST}`, port })
  const accepted = await given(visitor, person)
  if (accepted.status === 503) return { outcome: 'busy', visitor }
  if (accepted.status !== 303) return { outcome: 'failed', visitor }
  const page = await visitor.page(accepted.location ?? '')
  await untilWellWithin(step)
  const form = { ...hiddenFields(page.body, `${PREFIX}/sign-in/code`), code: codeOf(person.secret, step) }
  const landed = await visitor.ask(`${PREFIX}/sign-in/code`, { form })
  const isSignedIn = landed.status === 303 && landed.location === '/'
  return { outcome: isSignedIn ? 'signed-in' : 'failed', visitor }
}
