/**
 * Names of every cookie that the gate owns, with or without the browser's protecting prefix. They never reach the
 * application (R2, H-18) and the application can never write them.
 */
const OUR_COOKIE = /^(?:__host-|__secure-)?portillon(?:-[a-z-]*)?$/i

export const isOurCookieName = (name: string): boolean => OUR_COOKIE.test(name)

/**
 * A Cookie header without the gate's cookies; the application's keep every byte, their order included.
 * Undefined when nothing is left.
 */
export const withoutOurCookies = (header: string): string | undefined => {
  if (!/portillon/i.test(header)) return header
  const kept = header.split(';').filter((pair) => {
    const end = pair.indexOf('=')
    return !isOurCookieName((end === -1 ? pair : pair.slice(0, end)).trim())
  })
  const rest = kept.join(';').trimStart()
  return rest === '' ? undefined : rest
}
