import type { Response } from 'express'
import { readNamedCookie, writtenCookie } from '../cookies.ts'
import { visitOf, type Visit } from '../visit.ts'

/** Longer than the sign-in that may have to come first, seconds. */
const LIFE = 900

const nameOf = (call: string): string => `portillon-call-${call}`

/** What shows that this browser brought the call: its name in an address opens nothing for others. */
export const giveCallCookie = (response: Response, call: string, proof: string): void => {
  const { site } = visitOf(response.req)
  response.append('Set-Cookie', writtenCookie(site, nameOf(call), proof, LIFE))
}

export const readCallCookie = ({ request, site }: Pick<Visit, 'request' | 'site'>, call: string): string | undefined =>
  readNamedCookie(request, site, nameOf(call))

export const dropCallCookie = (response: Response, call: string): void => {
  const { site } = visitOf(response.req)
  response.append('Set-Cookie', writtenCookie(site, nameOf(call), '', 0))
}
