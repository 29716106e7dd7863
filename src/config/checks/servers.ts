import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isLoopbackHost, isPrivateHost } from '../../lib/host-kind.ts'
import { error, warning, type Finding } from '../../lib/settings/problem.ts'
import type { Config } from '../schema.ts'
import type { Draft } from '../../lib/settings/draft.ts'
import type { Check } from './context.ts'

function* checkMail(smtp: NonNullable<Draft<Config>['smtp']>): Generator<Finding> {
  const hasPassword = smtp.password !== undefined || smtp['password-file'] !== undefined
  if (smtp.user !== undefined && !hasPassword) {
    yield error(['smtp'], 'a user name with a password', 'add `password-file`, or remove `user`')
  }
  if (smtp.user === undefined && hasPassword) {
    yield error(['smtp'], 'a password with a user name', 'add `user`, or remove the password')
  }
  if (smtp.security !== 'none' || smtp.host === undefined || isLoopbackHost(smtp.host)) return
  if (hasPassword) {
    yield error(['smtp', 'security'], 'starttls or tls where a password is sent', 'write starttls')
  } else {
    yield warning(
      ['smtp', 'security'],
      'starttls or tls: codes would cross the network in clear',
      'write starttls, or use a relay on this machine',
    )
  }
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '')

function* checkStore(redis: string): Generator<Finding> {
  if (!redis.startsWith('unix:') && !URL.canParse(redis)) {
    yield error(['store', 'redis'], 'an address that can be read', 'write it as in redis://127.0.0.1:6379')
  } else if (redis.startsWith('redis:') && !isPrivateHost(hostOf(redis))) {
    yield warning(['store', 'redis'], 'rediss:// beyond an inner network: sessions pass here', 'write rediss://')
  }
}

/** The servers that the instance leans on: mail, Redis, the folder of keys. */
export const checkServers: Check = function* ({ smtp, store, keys }, { directory, sites }) {
  if (smtp !== undefined) yield* checkMail(smtp)
  const [mailing] = sites.filter(([, { site }]) => site.ways.some(({ methods }) => methods.includes('email-code')))
  if (smtp === undefined && mailing !== undefined) {
    yield error(
      ['smtp'],
      'a mail server for sites with mailed codes',
      `add \`smtp: { host: … }\`: ${mailing[1].site.site} mails codes`,
    )
  }
  if (typeof store === 'object' && store.redis !== undefined) yield* checkStore(store.redis)
  const found = keys === undefined ? undefined : statSync(resolve(directory, keys), { throwIfNoEntry: false })
  if (found !== undefined && !found.isDirectory()) {
    yield error(['keys'], 'a folder', 'name a folder; it is made at first start when it is not there')
  }
}
