import type { Request } from 'express'
import { practiceKey, type Practice } from '../policy/practice.ts'
import type { Proven } from '../sign-in/under-way.ts'
import type { Visitor } from '../sign-in/visitor.ts'
import { sessionOfCall } from './contextual-call/session-of-call.ts'
import { flowSite } from './flow-site.ts'
import { rememberBrowser } from './remember-browser.ts'
import { farewellTo } from './sign-out.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'
import { welcomeDevice } from './welcome-device.ts'

/** The practice that was taken or chosen between Pro Santé Connect and here. */
const practiceOf = ({ providers }: PortalParts, { attached = [] }: Proven): Practice | null => {
  const reference = attached.find(({ method }) => method === 'pro-sante-connect')?.reference
  return reference === undefined ? null : providers.practiceIn(reference)
}

/**
 * Opens the session of somebody who has proved everything: a new id, whatever the browser held before (S-01); a session of
 * before, of this person or another, ends with it (S-20).
 * @returns digest of the session
 */
export const openSession = async (
  parts: PortalParts,
  request: Request,
  proven: Proven,
  visitor: Visitor,
): Promise<string> => {
  const visit = visitOf(request)
  const { site } = visit
  await farewellTo(parts, visit, 'replaced')
  const now = parts.clock.now()
  const { account, way, methods, level } = proven
  const isNewDevice = await welcomeDevice(parts, request, proven, visitor)
  const ofCall = await sessionOfCall(parts, site, proven)
  const practice = practiceOf(parts, proven)
  const endsAt = now + (ofCall?.absolute ?? site.site.session.absolute)
  const digest = await parts.lifecycle.start(request, {
    site: site.site.site,
    realm: site.realm,
    account: account.id,
    login: account.login,
    name: account.name,
    givenName: account.givenName,
    familyName: account.familyName,
    email: account.email,
    nationalId: await parts.identities.nationalIdOf(account),
    roles: [...account.roles],
    way: way.id,
    level: level as 1 | 2 | 3,
    methods: [...methods],
    authenticatedAt: now,
    startedAt: now,
    endsAt,
    idle: ofCall?.idle ?? site.site.session.idle,
    address: visitor.address ?? '',
    device: visitor.device,
    ...(practice === null ? {} : { practice }),
    ...(ofCall === null ? {} : { call: ofCall.call }),
  })
  await parts.forms.owners.remember(digest, { realm: site.realm, account: account.id }, endsAt)
  for (const { method, reference } of proven.attached ?? []) await parts.attach[method]?.(reference, { digest, endsAt })
  rememberBrowser(parts, visit, account)
  parts.trail.record({
    event: 'session.started',
    site: site.site.site,
    account: account.id,
    login: account.login,
    way: way.id,
    method: methods.join('+'),
    session: digest,
    detail: practice === null ? `level ${level}` : `level ${level}, practice ${practiceKey(practice)}`,
    reference: visit.reference,
    ...(visitor.address === undefined ? {} : { address: visitor.address }),
  })
  if (isNewDevice)
    await parts.notices.tell({ kind: 'new-device', account }, { at: flowSite(visit, parts.clock), visitor })
  return digest
}
