import { join } from 'node:path'
import { z } from 'zod'
import { startCli } from './processes.ts'

const readySchema = z.object({
  url: z.string(),
  outbox: z.string(),
  dpi: z.string().optional(),
  cards: z.array(z.object({ file: z.string(), password: z.string(), what: z.string() })).optional(),
  accounts: z.array(z.object({ login: z.string(), password: z.string(), email: z.string() })),
})
const mailsSchema = z.object({
  mails: z.array(z.object({ to: z.string(), subject: z.string(), text: z.string(), code: z.string().nullable() })),
})
type Mail = z.output<typeof mailsSchema>['mails'][number]

/** `portillon demo --policy policies/<policy>.yaml`, as anybody starts it to look at it. */
export interface Demo {
  readonly url: string
  /** Address of the record system that calls it; undefined where the policy takes no calls. */
  readonly dpi: string | undefined
  /** @throws {Error} when the demonstration has no such person */
  person(login: string): { readonly login: string; readonly password: string; readonly email: string }
  /** The next mail to an address after those that were already there. @throws {Error} when none comes in ten seconds */
  nextMail(to: string, act: () => Promise<unknown>): Promise<Mail>
  stop(): Promise<void>
}

export const startDemo = async (policy: string): Promise<Demo> => {
  const file = join(import.meta.dirname, `../../policies/${policy}.yaml`)
  const running = startCli(['demo', '--json', '--port', '0', '--policy', file])
  const [line] = await running.waitFor(/^\{.*\}$/m)
  const { url, outbox, accounts, dpi } = readySchema.parse(JSON.parse(line))
  const mailsTo = async (to: string): Promise<readonly Mail[]> => {
    const response = await fetch(outbox, { headers: { Accept: 'application/json' } })
    return mailsSchema.parse(await response.json()).mails.filter((mail) => mail.to === to)
  }
  return {
    url,
    dpi,
    person: (login) => {
      const account = accounts.find((one) => one.login === login)
      if (account === undefined) throw new Error(`no ${login} in the demonstration`)
      return account
    },
    nextMail: async (to, act) => {
      const before = (await mailsTo(to)).length
      await act()
      for (const until = Date.now() + 10_000; Date.now() < until;) {
        // Newest first.
        const [newest, ...others] = await mailsTo(to)
        if (newest !== undefined && others.length === before) return newest
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error(`no mail to ${to}`)
    },
    stop: async () => {
      await running.stop()
    },
  }
}
