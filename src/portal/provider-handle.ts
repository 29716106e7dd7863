import type { Response } from 'express'
import { cookieLine, readCookie } from './cookies.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

const HANDLE = /^[A-Za-z0-9_-]{32}$/

/** What a browser holds of its session at a provider: a name that grants nothing, and opens what ends that session. */
export const knownProviderHandle = (response: Response): string | undefined => {
  const { request, site } = visitOf(response.req)
  const value = readCookie(request, site, 'provider')
  return value !== undefined && HANDLE.test(value) ? value : undefined
}

/** The handle, given to the browser now if it has none. */
export const providerHandle = ({ random }: Pick<PortalParts, 'random'>, response: Response): string => {
  const known = knownProviderHandle(response)
  if (known !== undefined) return known
  const fresh = random.token(24)
  response.append('Set-Cookie', cookieLine(visitOf(response.req).site, 'provider', fresh))
  return fresh
}
