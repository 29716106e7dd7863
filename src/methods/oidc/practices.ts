import { practiceKey, type Practice } from '../../policy/practice.ts'
import type { Userinfo } from './userinfo.ts'

/** More than these, nobody can choose among on one page. */
const MOST = 20
const LONGEST_CODE = 40
const LONGEST_NAME = 120

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

/** What is not a list, or is missing for somebody registered who is not active, is an empty one. */
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])

/** A text of others, on one line and of a length that a page and a header can carry. */
const nameOf = (value: unknown): string => {
  if (typeof value !== 'string') return ''
  const line = value
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
  // By code points, so that no character is cut in half.
  return Array.from(line).slice(0, LONGEST_NAME).join('').trim()
}

/** A code or number; whatever does not look like one is none. */
const codeOf = (value: unknown): string => {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  return text.length <= LONGEST_CODE && /^[A-Za-z0-9._/-]+$/.test(text) ? text : ''
}

const firstOf = (...texts: readonly string[]): string => texts.find((text) => text !== '') ?? ''

/** An exercice without activities is a practice as well: of a profession, and of no structure. */
const practicesIn = (exercice: Fields): readonly Practice[] => {
  const activities = listOf(exercice['activities'])
  return (activities.length === 0 ? [{}] : activities).map((activity: Fields) => {
    const structure = firstOf(nameOf(activity['raisonSocialeSite']), nameOf(activity['enseigneCommercialeSite']))
    const finess = codeOf(activity['numeroFinessSite'])
    return {
      profession: codeOf(exercice['codeProfession']),
      category: codeOf(exercice['codeCategorieProfessionnelle']),
      speciality: codeOf(exercice['codeSavoirFaire']),
      structureId: firstOf(
        codeOf(activity['identifiantTechniqueDeLaStructure']),
        finess,
        codeOf(activity['numeroSiretSite']),
        structure.replaceAll('|', ' '),
      ),
      structure,
      finess,
    }
  })
}

const saysSomething = ({ profession, speciality, structureId }: Practice): boolean =>
  profession !== '' || speciality !== '' || structureId !== ''

/**
 * The practices of a person, one for each exercice and activity, in the order of the provider. Pro Santé Connect knows no
 * profile: it names all of them, and leaves the choice to the service. Nothing in here can fail: what cannot be read is not
 * there, because somebody whose identity is proved is not to be kept out by an address book.
 */
export const practicesOf = (userinfo: Userinfo): readonly Practice[] => {
  const all = listOf(fieldsOf(userinfo['SubjectRefPro'])['exercices']).flatMap(practicesIn).filter(saysSomething)
  const known = new Map<string, Practice>()
  for (const practice of all) if (!known.has(practiceKey(practice))) known.set(practiceKey(practice), practice)
  return [...known.values()].slice(0, MOST)
}
