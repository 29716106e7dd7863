/** Authorities of an INS, by OID (facts: NIR, NIA, and the NIR of tests and demonstrations). */
export const INS_OIDS = {
  '1.2.250.1.213.1.4.8': 'real',
  '1.2.250.1.213.1.4.9': 'real',
  '1.2.250.1.213.1.4.10': 'test',
  '1.2.250.1.213.1.4.11': 'test',
} as const satisfies Record<string, 'real' | 'test'>

export type InsOid = keyof typeof INS_OIDS

export const isInsOid = (text: string): text is InsOid => Object.hasOwn(INS_OIDS, text)

const MATRICULE = /^[1-8]\d{4}(?:\d{2}|2A|2B)\d{6}(?<key>\d{2})$/

/**
 * Whether a text is an INS matricule: 13 characters and a key, 97 less the remainder of the number by 97. Corsican 2A and 2B
 * stand for 19 and 18 in it.
 */
export const isMatricule = (text: string): boolean => {
  const key = MATRICULE.exec(text)?.groups?.['key']
  if (key === undefined) return false
  const number = BigInt(text.slice(0, 13).replace('2A', '19').replace('2B', '18'))
  return Number(97n - (number % 97n)) === Number(key)
}
