import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type BrowserContext, type BrowserContextOptions } from 'playwright-core'
import { requireTool } from './tools.ts'

/** An NSS database where browsers of this home look for one, in the words of NSS's own programs. */
export const createCertificateStore = (home: string): string => {
  const folder = join(home, '.pki/nssdb')
  mkdirSync(folder, { recursive: true })
  const database = `sql:${folder}`
  execFileSync('certutil', ['-N', '-d', database, '--empty-password'], { stdio: 'pipe' })
  return database
}

export interface WithStoreOptions extends Pick<BrowserContextOptions, 'javaScriptEnabled'> {
  /** Beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** An X display, for a browser whose own windows are to be seen. */
  readonly display?: string
}

/** Debian's Chromium with a profile of its own and the certificates of this home. */
export const launchWithStore = (
  home: string,
  { env = {}, args = [], display, ...options }: WithStoreOptions = {},
): Promise<BrowserContext> =>
  chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: requireTool('chromium'),
    env: {
      ...process.env,
      ...env,
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      ...(display === undefined ? {} : { DISPLAY: display }),
    },
    headless: display === undefined,
    args: [
      ...(display === undefined ? ['--headless=new'] : []),
      ...['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
      ...args,
    ],
    // The listener's own certificate is made up; those of people are not judged by the browser.
    ignoreHTTPSErrors: true,
    locale: 'fr-FR',
    viewport: { width: 1280, height: 900 },
    ...options,
  })
