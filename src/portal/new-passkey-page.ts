import type { Response } from 'express'
import type { PasskeyEnrolRefusal, PasskeyHolder } from '../methods/passkey/enrol.ts'
import { describeDevice } from './device.ts'
import type { Message, PageModels } from './pages.ts'
import type { PortalParts } from './portal-parts.ts'
import { visitOf } from './visit.ts'

/** What the page says of a passkey that was not enrolled. */
export const newPasskeyErrorOf = ({ reason }: PasskeyEnrolRefusal): Message => ({
  key: `newPasskey.${reason === 'malformed' ? 'refused' : reason}`,
})

/** « Créer une clé d'accès »: named after this device unless the person says otherwise. */
export const showNewPasskeyPage = async (
  parts: PortalParts,
  response: Response,
  holder: Pick<PasskeyHolder, 'digest' | 'account'>,
  shown: Omit<PageModels['new-passkey'], 'csrf' | 'options' | 'label' | 'error' | 'action'> & {
    /** Below the prefix. */
    readonly action: string
    readonly label?: string
    readonly error?: Message
  },
): Promise<void> => {
  const { site, request } = visitOf(response.req)
  const model = {
    ...shown,
    action: `${site.prefix}${shown.action}`,
    csrf: parts.browsers.csrf(parts.browsers.ensure(response)),
    options: await parts.newPasskeys.begin({ ...holder, site: site.site }),
    label: shown.label ?? describeDevice(request.headers['user-agent']),
    error: shown.error ?? null,
  }
  parts.pages.show(response, 'new-passkey', model, shown.error === undefined ? 200 : 400)
}
