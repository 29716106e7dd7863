import type { Visitor } from '../sign-in/visitor.ts'
import { browserDigest } from './browser.ts'
import { readCookie } from './cookies.ts'
import { describeDevice } from './device.ts'
import { languageOf } from './language.ts'
import type { Visit } from './visit.ts'

/** The visitor as the sign-in knows them. @param browser the browser's identifier, as its cookie holds it */
export const visitorOf = (visit: Visit, browser: string): Visitor => ({
  address: visit.address,
  device: describeDevice(visit.request.headers['user-agent']),
  language: languageOf(visit.request.headers['accept-language']),
  browser: browserDigest(browser),
  shown: readCookie(visit.request, visit.site, 'known'),
  reference: visit.reference,
})
