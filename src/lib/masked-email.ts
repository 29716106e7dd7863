const maskPart = (part: string): string => (part === '' ? '' : `${String.fromCodePoint(part.codePointAt(0) ?? 0)}***`)

/**
 * An address as a page may show it to somebody who has only proved a password: the first letter of each part of the
 * local part, and the domain. `jean.dupont@hopital.example.test` gives `j***.d***@hopital.example.test` (seed 003, step 3).
 */
export const maskEmail = (email: string): string => {
  const at = email.lastIndexOf('@')
  return `${email.slice(0, at).split('.').map(maskPart).join('.')}${email.slice(at)}`
}
