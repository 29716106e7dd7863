import type { Site } from '../policy/schema.ts'

type Channels = readonly [number, number, number]

const channelsOf = (hex: string): Channels => {
  const value = Number.parseInt(hex.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

/** `share` (0 to 1) of the second colour mixed into the first, both `#rrggbb`. */
const mix = (first: string, second: string, share: number): string => {
  const [a, b] = [channelsOf(first), channelsOf(second)]
  const mixed = a.map((channel, index) => Math.round(channel * (1 - share) + (b[index] ?? 0) * share))
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}

/** What pages wear that belong to no site (unknown host): the defaults of the policy schema. */
export const NEUTRAL_THEME: Site['theme'] = { accent: '#0b5c8c', 'accent-dark': '#8ecdf2' }

/**
 * The colours of a site as custom properties. The tints are worked out here, because the browsers of old hospital
 * workstations do not know `color-mix()`.
 */
export const themeCss = (theme: Site['theme']): string => {
  const rule = (accent: string, strong: string, soft: string) =>
    `:root{--accent:${accent};--accent-strong:${strong};--accent-soft:${soft}}`
  const { accent, 'accent-dark': dark } = theme
  return [
    rule(accent, mix(accent, '#000000', 0.22), mix(accent, '#ffffff', 0.93)),
    `@media (prefers-color-scheme:dark){${rule(dark, mix(dark, '#ffffff', 0.35), mix(dark, '#18212a', 0.86))}}`,
    '',
  ].join('\n')
}
