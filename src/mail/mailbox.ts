/** A sender as a mail shows it. */
export interface Sender {
  readonly name: string
  readonly address: string
}

/** RFC 5321 §4.5.3.1: longest path without its brackets, and longest local part. */
const MAX_ADDRESS = 254
const MAX_LOCAL_PART = 64

/** Dot-atoms of RFC 5321 §4.1.2, without `!` and `%`, which old relays read as a route to another mailbox. */
const LOCAL_PART = /^[A-Za-z0-9#$&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9#$&'*+/=?^_`{|}~-]+)*$/
const DOMAIN = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/

/**
 * Whether a text is one mailbox that every mail server reads in the same way: no list, comment, quoted or international
 * local part, route, address literal or folding. Anything else is refused before a parser sees it, because parsers have
 * disagreed on whom such texts address (T-10: CVE-2025-13033) and have stalled on them (T-11); the length comes first.
 */
export const isMailbox = (text: string): boolean => {
  if (text.length > MAX_ADDRESS) return false
  const at = text.indexOf('@')
  return at > 0 && at <= MAX_LOCAL_PART && LOCAL_PART.test(text.slice(0, at)) && DOMAIN.test(text.slice(at + 1))
}

/** The part that may be logged: it names a server, not a person. */
export const domainOf = (mailbox: string): string => mailbox.slice(mailbox.lastIndexOf('@') + 1).toLowerCase()

const NAMED = /^(?<name>[^<>"\r\n]{1,80}) <(?<address>[^<>]{3,254})>$/

/** Reads `Name <address>` or a bare address, as a site file writes its sender; `undefined` for anything else. */
export const parseSender = (text: string): Sender | undefined => {
  if (text.length > MAX_ADDRESS + 90) return undefined
  const { name = '', address = text } = NAMED.exec(text)?.groups ?? {}
  return isMailbox(address) ? { name: name.trim(), address } : undefined
}
