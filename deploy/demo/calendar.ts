import { PATIENTS, SPECIALTIES, type Patient, type SpecialtyId } from './data.ts'

/** One meeting (réunion de concertation pluridisciplinaire). */
export interface Meeting {
  /** `2026-11-23-senologie` */
  readonly id: string
  readonly day: string
  readonly specialty: SpecialtyId
  readonly patients: readonly Patient[]
}

export interface Week {
  readonly monday: string
  readonly days: readonly { readonly day: string; readonly meetings: readonly Meeting[] }[]
}

const DAY = 86_400_000
const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10)
const paris = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris', dateStyle: 'short' })

/** Today in France as YYYY-MM-DD. */
export const today = (now: number): string => paris.format(now)

const mondayOf = (day: string): number => {
  const time = Date.parse(`${day}T00:00:00Z`)
  return time - ((new Date(time).getUTCDay() + 6) % 7) * DAY
}

const meetingOn = (day: string, specialty: SpecialtyId): Meeting => {
  const of = PATIENTS.filter((patient) => patient.specialty === specialty)
  // Every other week one of the files is left out, so that the weeks do not all look alike.
  const isOddWeek = Math.floor(Date.parse(`${day}T00:00:00Z`) / (7 * DAY)) % 2 === 1
  return { id: `${day}-${specialty}`, day, specialty, patients: isOddWeek && of.length > 1 ? of.slice(1) : of }
}

const specialtyIds = Object.keys(SPECIALTIES) as SpecialtyId[]

const meetingsOn = (day: string, weekday: number): Meeting[] =>
  specialtyIds
    .filter((id) => SPECIALTIES[id].weekday === weekday)
    .map((id) => meetingOn(day, id))
    .sort((a, b) => SPECIALTIES[a.specialty].time.localeCompare(SPECIALTIES[b.specialty].time))

/** The working week that lies `offset` weeks from the present one. */
export const weekAt = (now: number, offset: number): Week => {
  const monday = mondayOf(today(now)) + offset * 7 * DAY
  return {
    monday: isoDay(monday),
    days: [0, 1, 2, 3, 4].map((weekday) => {
      const day = isoDay(monday + weekday * DAY)
      return { day, meetings: meetingsOn(day, weekday) }
    }),
  }
}

export const findMeeting = (id: string | null): Meeting | undefined => {
  const match = /^(\d{4}-\d{2}-\d{2})-([a-z]+)$/.exec(id ?? '')
  const day = match?.[1]
  const specialty = specialtyIds.find((candidate) => candidate === match?.[2])
  if (day === undefined || specialty === undefined || Number.isNaN(Date.parse(`${day}T00:00:00Z`))) return undefined
  return meetingOn(day, specialty)
}

/** The next meetings from today on, this week and the next. */
export const comingMeetings = (now: number, count: number): readonly Meeting[] =>
  [0, 1]
    .flatMap((offset) => weekAt(now, offset).days)
    .filter(({ day }) => day >= today(now))
    .flatMap(({ meetings }) => meetings)
    .slice(0, count)
