import { createHash } from 'node:crypto'
import type { LocalizedText, Site } from '../policy/schema.ts'
import { type Assets, createAssets } from '../render/assets.ts'
import type { Language, MessageValues } from '../render/messages.ts'
import { createRenderers, type Renderer, type Renderers } from '../render/renderer.ts'
import type { PageModels, PageName } from './pages.ts'

/** What every page shows around its own content. */
export interface Frame {
  /** The site that was asked for; null when its host is unknown: no name, no contact, nothing that tells who lives here. */
  readonly site: Site | null
  readonly language: Language
}

export interface Views {
  /** The complete HTML document of a page. */
  render<P extends PageName>(frame: Frame, page: P, model: PageModels[P]): string
  /** One sentence of the site's texts, for answers that are not pages. */
  text(frame: Frame, key: string, values?: MessageValues): string
  /** The static files of a site, for `<prefix>/assets/<name>`. */
  assets(site: Site | null): Assets
  /** The Content-Security-Policy that all pages of a site, and its static files, are sent with (W-07). */
  contentSecurityPolicy(site: Site | null): string
}

interface Look {
  readonly renderer: Renderer
  readonly assets: Assets
  readonly sheet: string
  readonly policy: string
}

/** `</style` is all that could end the element early; no stylesheet of ours has a reason to contain it. */
const readSheet = (assets: Assets): string => {
  const sheet = assets.get('portillon.css')?.body.toString('utf8') ?? ''
  if (/<\/style/i.test(sheet)) throw new Error('the stylesheet must not contain </style')
  return sheet
}

/** The form of the card page leads to the card listener, and browsers hold the way that a form leads against this too. */
const formTargets = (site: Site | null): string =>
  ["'self'", ...(site?.cps.address === undefined ? [] : [site.cps.address])].join(' ')

const policyFor = (sheet: string, site: Site | null): string =>
  [
    "default-src 'none'",
    // The one style element we write is that of the refusal page; its digest allows exactly that text.
    `style-src 'self' 'sha256-${createHash('sha256').update(sheet).digest('base64')}'`,
    "script-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    `form-action ${formTargets(site)}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
  ].join('; ')

const createLook = (site: Site | null, renderers: Renderers): Look => {
  const assets = createAssets({ site })
  const sheet = readSheet(assets)
  return { renderer: renderers(site?.templates), assets, sheet, policy: policyFor(sheet, site) }
}

/** Scripts of single pages, among the assets. */
const PAGE_SCRIPTS: Readonly<Partial<Record<PageName, string>>> = {
  'new-password': 'password.js',
  passkey: 'passkey.js',
  'new-passkey': 'passkey.js',
  'call-form': 'call.js',
}

/** What templates find as `it.frame`. */
const frameOf = ({ site, language }: Frame, { assets, sheet }: Look, page: PageName) => {
  const script = PAGE_SCRIPTS[page]
  const say = (text: LocalizedText | undefined): string | null => text?.[language] ?? null
  const href = (name: string) => `${site?.prefix ?? ''}/assets/${assets.href(name)}`
  return {
    page,
    prefix: site?.prefix ?? null,
    name: say(site?.name),
    shortName: say(site?.['short-name'] ?? site?.name),
    network: say(site?.network),
    training: site?.training ?? false,
    logo: assets.logo === null ? null : href(assets.logo),
    support:
      site === null
        ? null
        : {
            name: say(site.support.name),
            phone: site.support.phone ?? null,
            email: site.support.email ?? null,
            hours: say(site.support.hours),
          },
    icon: site === null ? 'data:,' : href('portillon.svg'),
    script: site === null ? null : href('portillon.js'),
    pageScript: script === undefined ? null : href(script),
    // A refusal must look right even where nothing else is served: unknown host, headers too large, a stranger's address.
    style: page === 'refusal' ? { inline: sheet } : { href: href('portillon.css') },
  }
}

/**
 * Everything the pages of these sites need, read and compiled now.
 * @throws {Error} when a template, a text, the stylesheet or a logo of any site is broken: meant to stop the start
 */
export const createViews = ({
  sites,
  renderers = createRenderers(),
}: {
  readonly sites: readonly Site[]
  readonly renderers?: Renderers
}): Views => {
  const neutral = createLook(null, renderers)
  const looks = new Map(sites.map((site) => [site.site, createLook(site, renderers)]))
  const lookOf = (site: Site | null): Look => {
    if (site === null) return neutral
    const look = looks.get(site.site)
    if (look === undefined) throw new TypeError(`no views were made for the site ${site.site}`)
    return look
  }

  return {
    text: ({ site, language }, key, values) => lookOf(site).renderer.text(language, key, values),
    assets: (site) => lookOf(site).assets,
    contentSecurityPolicy: (site) => lookOf(site).policy,
    render: (frame, page, model) => {
      const look = lookOf(frame.site)
      return look.renderer.render(`pages/${page}`, frame.language, { ...model, frame: frameOf(frame, look, page) })
    },
  }
}
