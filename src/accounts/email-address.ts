/** Letters and digits, joined by single dots or by the marks that real mailboxes have. */
const LOCAL_PART = /^[A-Za-z0-9_'+&=~-]+(?:\.[A-Za-z0-9_'+&=~-]+)*$/
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

/**
 * Whether a text is exactly one plain address, which every mail program on its way reads alike (T-10, CVE-2025-13033).
 * It is stricter than RFC 5322 by choice: no comment, quotes, comma, second `@`, angle brackets, blank or folding, no
 * routing marks (`%`, `!`), no address literal, and a domain of two labels at least. ASCII only: a domain with accents is
 * written in its `xn--` form, and local parts beyond ASCII (RFC 6531) are not carried by every relay of a hospital.
 */
export const isEmailAddress = (text: string): boolean => {
  if (text.length > 254) return false
  const [local = '', domain = '', ...more] = text.split('@')
  if (more.length > 0 || local.length > 64 || domain.length > 253 || !LOCAL_PART.test(local)) return false
  const labels = domain.split('.')
  return labels.length >= 2 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}
