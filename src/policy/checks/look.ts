import { error, type Finding } from '../../lib/settings/problem.ts'
import type { Check } from './context.ts'

/** Relative luminance of `#rrggbb` (WCAG 2.2). */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Contrast ratio of two colours, from 1 to 21 (WCAG 2.2, success criterion 1.4.3). */
export const contrast = (a: string, b: string): number => {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

const LEAST_FOR_TEXT = 4.5

function* checkColour(name: 'accent' | 'accent-dark', value: string | undefined, text: string): Generator<Finding> {
  const ink = text === '#ffffff' ? 'white' : 'black'
  const ratio = value === undefined ? Infinity : contrast(value, text)
  if (ratio >= LEAST_FOR_TEXT) return
  yield error(
    ['theme', name],
    `a colour on which ${ink} text has a contrast of at least 4.5:1; here it is ${ratio.toFixed(1)}:1`,
    `choose a ${ink === 'white' ? 'darker' : 'lighter'} colour`,
  )
}

/** White text on the accent at 4.5:1 implies the 3:1 that controls in that colour need on a white page (1.4.11). */
export const checkLook: Check = function* ({ theme }) {
  yield* checkColour('accent', theme?.accent, '#ffffff')
  yield* checkColour('accent-dark', theme?.['accent-dark'], '#000000')
}
