import type { Request, Response } from 'express'
import type { Account } from '../../accounts/directory.ts'
import type { LiveSession } from '../../session/cache.ts'
import { freshSession } from '../fresh-proof.ts'
import type { PortalParts } from '../portal-parts.ts'
import { visitOf } from '../visit.ts'

/** Somebody on their own pages: signed in a short while ago, with an account that is still open. */
export interface Person {
  readonly live: LiveSession
  readonly account: Account
}

/** @param path where they come back to after signing in anew, below the prefix; null once that was answered */
export const personOf = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  path: string,
): Promise<Person | null> => {
  const live = await freshSession(parts, request, response, path)
  if (live === null) return null
  const account = await parts.directory.findById(live.record.realm, live.record.account)
  if (account !== null && !account.disabled) return { live, account }
  parts.refusals.refuse(visitOf(request), 'forbidden', 'account-closed')
  return null
}
