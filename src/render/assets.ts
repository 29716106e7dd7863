import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { Site } from '../policy/schema.ts'
import { layeredFiles, templateFolders } from './folders.ts'
import { NEUTRAL_THEME, themeCss } from './theme.ts'

/** A static file of the pages, held in memory. */
export interface Asset {
  readonly body: Buffer
  /** Content type. */
  readonly type: string
  readonly etag: string
  /**
   * For the `Cache-Control` header: for ever when the address names this very content, to be checked each time otherwise.
   * During a rolling upgrade a node may be asked for another version than its own, which must not be kept (R14).
   */
  readonly cacheControl: string
}

export interface Assets {
  /**
   * The file of exactly this name, or undefined (P-13: no paths, no decoding, no listing).
   * @param version the `v` of the address, when it has one
   */
  get(name: string, version?: string): Asset | undefined
  /** Name and version for an address: `portillon.css?v=…`. @throws {RangeError} on a name that does not exist */
  href(name: string): string
  /** Name of the site's logo among the assets, or null. */
  readonly logo: string | null
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
}
/** One flat level and a closed list of kinds: no source map, manifest or dotfile can slip in (P-13). */
const SERVED = /^[a-z0-9][a-z0-9-]{0,60}\.(?:css|js|svg|png|jpg|webp|ico)$/

const versionOf = (body: Buffer): string => createHash('sha256').update(body).digest('base64url').slice(0, 16)

const readAll = (site: Site | null): Map<string, Buffer> => {
  const files = new Map<string, Buffer>()
  for (const [name, path] of layeredFiles(templateFolders(site?.templates), 'assets', SERVED)) {
    files.set(name, readFileSync(path))
  }
  const sheet = files.get('portillon.css') ?? Buffer.alloc(0)
  files.set('portillon.css', Buffer.concat([Buffer.from(themeCss(site?.theme ?? NEUTRAL_THEME)), sheet]))
  return files
}

/** The name, among the assets, of the picture that an operator puts on the button of a provider; null without one. */
export const buttonLogoOf = (site: Site, method: 'pro-sante-connect' | 'oidc'): string | null => {
  const file = site[method]?.button.logo
  return file === undefined ? null : `button-${method}${extname(file).toLowerCase()}`
}

const buttonLogos = (site: Site | null): readonly (readonly [string, string])[] =>
  (['pro-sante-connect', 'oidc'] as const).flatMap((method) => {
    const file = site?.[method]?.button.logo
    const name = site === null ? null : buttonLogoOf(site, method)
    return file === undefined || name === null ? [] : [[name, file] as const]
  })

/**
 * The static files of one site: those of templates/assets, replaced one by one by the site's own folder; the stylesheet
 * begins with the colours of the policy, so that no page needs an inline style; the logo.
 * @param site null for the pages that belong to no site
 * @throws {Error} when the logo cannot be read or is neither SVG, PNG, JPEG nor WebP
 */
export const createAssets = ({ site }: { readonly site: Site | null }): Assets => {
  const files = readAll(site)
  const logoFile = site?.theme.logo
  const logo = logoFile === undefined ? null : `logo${extname(logoFile).toLowerCase()}`
  if (logo !== null && logoFile !== undefined) {
    if (!/\.(?:svg|png|jpg|webp)$/.test(logo)) throw new Error(`${logoFile}: a logo is an SVG, PNG, JPEG or WebP file`)
    files.set(logo, readFileSync(logoFile))
  }
  for (const [name, file] of buttonLogos(site)) files.set(name, readFileSync(file))
  const versions = new Map([...files].map(([name, body]) => [name, versionOf(body)]))

  return {
    logo,
    get: (name, version) => {
      const body = files.get(name)
      const type = TYPES[extname(name)]
      const current = versions.get(name)
      if (body === undefined || type === undefined || current === undefined) return undefined
      const cacheControl = version === current ? 'public, max-age=31536000, immutable' : 'no-cache'
      return { body, type, etag: `"${current}"`, cacheControl }
    },
    href: (name) => {
      const version = versions.get(name)
      if (version === undefined) throw new RangeError(`no asset ${name}`)
      return `${name}?v=${version}`
    },
  }
}
