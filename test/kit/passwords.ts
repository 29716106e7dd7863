import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { createAccountAdmin, type AccountAdmin } from '../../src/accounts/admin.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'
import type { OutboxMail } from '../../src/mail/outbox.ts'
import { hasher } from './accounts.ts'
import type { Gate } from './gate.ts'
import { hiddenFields, PREFIX, type Answer, type Visitor } from './visitor.ts'

export const FORGOT = `${PREFIX}/password/forgot`
export const RESET = `${PREFIX}/password/reset`

/** « Mot de passe oublié », « Saisissez votre identifiant », « Valider ». */
export const askForLink = async (visitor: Visitor, login: string): Promise<Answer> => {
  const page = await visitor.page(FORGOT)
  assert.equal(page.status, 200)
  return visitor.ask(FORGOT, { form: { ...hiddenFields(page.body, FORGOT), login } })
}

/** Waits until so many mails have been sent, and gives the newest: links are made after the answer. */
export const mailAfter = async (gate: Pick<Gate, 'mails'>, before: number): Promise<OutboxMail> => {
  for (let round = 0; round < 1_000 && gate.mails().length <= before; round += 1) await pause(10)
  return gate.mails()[0] ?? assert.fail('no mail was sent')
}

/** The address in a mail with a link, without the origin, which is checked. */
export const linkIn = ({ text }: Pick<OutboxMail, 'text'>, origin: string): string => {
  const [link = ''] = /^https?:\/\/\S+\?link=\S+$/m.exec(text) ?? []
  assert.ok(link.startsWith(`${origin}${RESET}?link=`), text)
  return link.slice(origin.length)
}

/** Asks for a link and reads it in the mail. */
export const mailedLink = async (gate: Gate, visitor: Visitor, login: string): Promise<string> => {
  const before = gate.mails().length
  await askForLink(visitor, login)
  return linkIn(await mailAfter(gate, before), gate.origin)
}

/** Follows the link to the page with the form; gives the page and the form's hidden fields. */
export const followLink = async (visitor: Visitor, link: string) => {
  const opened = await visitor.page(link)
  assert.equal(opened.status, 303)
  assert.equal(opened.location, RESET)
  const page = await visitor.page(RESET)
  return { opened, page, fields: page.status === 200 ? hiddenFields(page.body, RESET) : {} }
}

/** Sets a new password by a link that this browser has not opened yet. */
export const resetBy = async (visitor: Visitor, link: string, password: string): Promise<Answer> => {
  const { fields } = await followLink(visitor, link)
  return visitor.ask(RESET, { form: { ...fields, password } })
}

/** The commands of an operator, on the database of a gate that runs. */
export const operatorOf = ({ app }: Pick<Gate, 'app'>, clock: Clock): AccountAdmin =>
  createAccountAdmin(app.database, {
    clock,
    random: systemRandom,
    hasher,
    trail: app.trail,
    endSessions: () => Promise.resolve(0),
    actor: 'test',
  })

/** What the trail has of an event. It is written in batches, after the lines of the log: all that these tell are waited for. */
export const trailOf = async ({ app, log }: Pick<Gate, 'app' | 'log'>, event: string) => {
  for (let round = 0; round < 400; round += 1) {
    const rows = await app.database.db.selectFrom('audit').selectAll().where('event', '=', event).execute()
    const told = log.filter(({ message, fields }) => message === 'audit' && fields['event'] === event)
    if (rows.length > 0 && rows.length >= told.length) return rows
    await pause(25)
  }
  return []
}

/** A page as it is read. */
export const wordsOf = ({ body }: Pick<Answer, 'body'>): string =>
  body.replaceAll(/<[^>]*>/g, ' ').replaceAll('&#39;', "'")
