/**
 * The forms of PS_IdNat: a type digit, the number of the person or of the structure, and for a structure's own numbering
 * an inner identifier (facts of the ANS' MOS; see SECURITY.md). The messaging form `10` names a mailbox, not a person.
 */
const INNER = '/[A-Za-z0-9._-]{1,64}'
const FORMS = [
  '0[A-Z0-9]{9}', // ADELI
  `1[A-Z0-9]{11}${INNER}`, // ADELI of a practice
  `3[0-9AB]{9}${INNER}`, // FINESS
  `4[0-9]{9}${INNER}`, // SIREN
  `5[0-9]{14}${INNER}`, // SIRET
  `6[0-9]{14}${INNER}`, // RPPS of a practice
  '8[0-9]{11}', // RPPS
]
const NATIONAL_ID = new RegExp(`^(?:${FORMS.join('|')})$`)

export const isNationalId = (text: string): boolean => NATIONAL_ID.test(text)

/** The Luhn sum of ISO/IEC 7812 over all digits, the last of which is the key. */
const isLuhnValid = (digits: string): boolean => {
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
      return total + (value > 9 ? value - 9 : value)
    }, 0)
  return sum % 10 === 0
}

/**
 * Whether a well-formed identifier is an RPPS number whose key is wrong. A warning and no refusal: published samples fail
 * it too, and outside production such numbers are in use.
 */
export const hasWrongRppsKey = (nationalId: string): boolean =>
  nationalId.startsWith('8') && !isLuhnValid(nationalId.slice(1))
