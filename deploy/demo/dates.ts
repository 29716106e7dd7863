const frenchDay = new Intl.DateTimeFormat('fr-FR', { timeZone: 'UTC', dateStyle: 'short' })
const weekday = new Intl.DateTimeFormat('fr-FR', { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long' })
const moment = new Intl.DateTimeFormat('fr-FR', { timeZone: 'Europe/Paris', dateStyle: 'short', timeStyle: 'medium' })
const clockTime = new Intl.DateTimeFormat('fr-FR', { timeZone: 'Europe/Paris', timeStyle: 'short' })

const at = (day: string): number => Date.parse(`${day}T00:00:00Z`)

/** `12/04/1961` */
export const shortDay = (day: string): string => frenchDay.format(at(day))
/** `lundi 23 novembre` */
export const longDay = (day: string): string => weekday.format(at(day))
/** `23/11/2026 16:40:05`, in France. */
export const frenchMoment = (time: number): string => moment.format(time)
/** `16:40`, in France. */
export const frenchTime = (time: number): string => clockTime.format(time)

/** Age in whole years on the given day. */
export const ageOn = (born: string, day: string): number =>
  Number(day.slice(0, 4)) - Number(born.slice(0, 4)) - (day.slice(5) < born.slice(5) ? 1 : 0)
