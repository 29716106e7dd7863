import Bowser from 'bowser'

const MAX_USER_AGENT = 512

/**
 * Browser and system in words, « Firefox, Windows », for the mail and the list of sessions. Only names from the library's
 * own table come out, never text from the header (T-12).
 */
export const describeDevice = (userAgent: string | undefined): string => {
  if (userAgent === undefined || userAgent === '' || userAgent.length > MAX_USER_AGENT) return ''
  try {
    const { browser, os } = Bowser.parse(userAgent)
    return [browser.name, os.name].filter((name) => name !== undefined && /^[\w .]{2,30}$/.test(name)).join(', ')
  } catch {
    return ''
  }
}
