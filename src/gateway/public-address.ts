/**
 * Puts the application's own address, wherever it stands in a header field of its answer, on the address by which the visitor
 * came (P-16).
 * @param host the Host that was asked for
 */
export type OnPublicAddress = (value: string, host: string) => string

interface Addresses {
  /** Public origin of the site. */
  readonly origin: string
  /** Origins of all the site's names. */
  readonly origins: ReadonlySet<string>
  /** Address of the application behind the gate. */
  readonly upstream: string
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

const DEFAULT_PORTS: ReadonlySet<string> = new Set(['', '80', '443'])

/**
 * Which addresses are the application's own:
 * - whatever has the name of the machine behind the gate, with any port: nobody outside can reach it, and it is nobody's to know
 * - a public name of the site with the scheme or port that the application hears itself on: one that does not know of the
 *   front before it writes `http://` for an https site, or its own port
 *
 * An address of a public name that is right, or that has another port, stays as it is. Addresses within the query of another
 * are put right too, in their escaped spelling as well (`?service=http%3A%2F%2F…`): they lead back through the browser.
 */
export const createPublicAddress = ({ origin, origins, upstream }: Addresses): OnPublicAddress => {
  const inner = new URL(upstream)
  const names = new Set([...origins].map((each) => new URL(each).hostname))
  const scheme = origin.slice(0, origin.indexOf('//') + 2)
  const hosts = [...new Set([inner.hostname, ...names])].map(escaped).join('|')
  const address = new RegExp(
    // Without a scheme only where a reference can begin: `/a//b` is a path.
    String.raw`(?:(?<said>https?)(?::|%3A)|(?<![^\s"'<=;,]))(?:\/\/|%2F%2F)(?:[^\s"'<>\/?#%\\@]*@)?(?<name>${hosts})\.?` +
      String.raw`(?:(?::|%3A)(?<port>\d{1,5}))?(?![\w.:@-]|%(?:2E|3A|40))`,
    'gi',
  )
  const isOurs = (said: string | undefined, name: string, port: string): boolean => {
    if (!names.has(name)) return true
    if (said === undefined) return port === inner.port && port !== ''
    if (origins.has(`${said}://${name}${port === '' ? '' : `:${port}`}`)) return false
    return DEFAULT_PORTS.has(port) || port === inner.port
  }
  return (value, host) =>
    value.replace(address, (found: string, ...rest: unknown[]) => {
      const { said, name = '', port = '' } = rest.at(-1) as Record<string, string | undefined>
      if (!isOurs(said?.toLowerCase(), name.toLowerCase(), port)) return found
      const asked = scheme + host
      const there = origins.has(asked) ? asked : origin
      return found.includes('%') ? encodeURIComponent(there) : there
    })
}
