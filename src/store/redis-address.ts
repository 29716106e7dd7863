import { isIP } from 'node:net'
import type { RedisOptions } from 'ioredis'

/** Where a server is and how to be let in: everything of the driver's options that an address may say. */
export type RedisAddress = Pick<RedisOptions, 'host' | 'port' | 'path' | 'db' | 'username' | 'password' | 'tls'>

/** Database number of `redis://host/2`; undefined for anything that is not one. */
const databaseOf = (text: string): number | undefined => (/^\d{1,4}$/.test(text) ? Number(text) : undefined)

const read = (address: string): RedisAddress | undefined => {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  const path = decodeURIComponent(url.pathname)
  const isSocket = url.protocol === 'unix:'
  const db = databaseOf(isSocket ? (url.searchParams.get('db') ?? '0') : path.slice(1) || '0')
  if (db === undefined) return undefined
  const username = isSocket ? url.searchParams.get('username') : decodeURIComponent(url.username)
  const password = isSocket ? url.searchParams.get('password') : decodeURIComponent(url.password)
  const access = { db, ...(username ? { username } : {}), ...(password ? { password } : {}) }
  if (isSocket) return url.host === '' && path.startsWith('/') ? { ...access, path } : undefined
  if (url.hostname === '') return undefined
  // Brackets of an IPv6 address belong to the address bar, not to the resolver.
  const place = { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 6379 : Number(url.port) }
  if (url.protocol === 'rediss:')
    return { ...access, ...place, tls: isIP(place.host) ? {} : { servername: place.host } }
  return url.protocol === 'redis:' ? { ...access, ...place } : undefined
}

/**
 * Reads `redis://[user:password@]host[:port][/db]`, `rediss://…` (TLS, certificate checked), and
 * `unix:///path[?db=…&username=…&password=…]`. Nothing else of the query is passed on: an address must not be able to
 * change the driver's limits.
 * @throws {TypeError} naming no part of the address, which may hold a password (G-06)
 */
export const parseRedisAddress = (address: string): RedisAddress => {
  const options = read(address)
  if (options === undefined) throw new TypeError('store.redis is not a redis://, rediss:// or unix:// address')
  return options
}
