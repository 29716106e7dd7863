import { execFileSync } from 'node:child_process'
import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import type { TestCertificate } from '../../deploy/demo/igc-sante/card.ts'
import { createCertificateStore, launchWithStore } from './certificate-store.ts'
import type { Display } from './display.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

/** As its holder types it. */
export const PIN = '2580'

/** As the browser titles the window in which it asks for the PIN. */
const PIN_WINDOW = 'Unlock Security Device'

const LABEL = 'CPS'

/** A workstation whose browser reaches a card through a PKCS #11 module, as that of the ANS is added to one. */
export interface TokenReader {
  readonly context: BrowserContext
  /** What the browser's own database holds, in certutil's words. */
  readonly ownCertificates: () => string
  /** Number of the window in which the browser asks for the PIN; null while it does not. */
  readonly pinWindow: () => Promise<string | null>
  close(): Promise<void>
}

export interface TokenReaderOptions {
  readonly display: Display
  /** Names that lead to this machine, for Chromium. */
  readonly hosts: string
  /** Certifies the key that was made in the card. */
  readonly certify: (publicKey: KeyObject) => TestCertificate
}

/**
 * SoftHSM is the card: the key is made inside, never leaves it, and is used by whoever has typed the PIN. It is filled by a
 * database of its own, so that the browser knows the module and nothing else.
 */
export const openTokenReader = async ({ display, hosts, certify }: TokenReaderOptions): Promise<TokenReader> => {
  const folder = createTempFolder('card-token')
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder.path, name), content, { mode: 0o600 })
    return join(folder.path, name)
  }
  const home = (name: string): string => join(folder.path, name)
  mkdirSync(home('token'))
  // The title of its window is looked for: in English, whatever the machine speaks.
  const env = {
    SOFTHSM2_CONF: file('softhsm2.conf', `directories.tokendir = ${home('token')}\n`),
    ...{ LANGUAGE: 'en', LC_ALL: 'C.UTF-8' },
  }
  const run = (program: string, ...args: readonly string[]): string =>
    execFileSync(program, args, { env: { ...process.env, ...env }, stdio: 'pipe', encoding: 'utf8' })
  const withModule = (name: string): string => {
    const database = createCertificateStore(home(name))
    run('modutil', '-force', '-dbdir', database, '-add', 'reader', '-libfile', requireTool('softhsm2-module'))
    return database
  }

  run(requireTool('softhsm2-util'), ...['--init-token', '--free', '--label', LABEL, '--pin', PIN, '--so-pin', PIN])
  const issuing = [
    ...['-d', withModule('issuing'), '-h', LABEL],
    ...['-f', file('pin', `${PIN}\n`), '-z', file('noise', randomBytes(64))],
  ]
  const asked = file('asked', run('certutil', '-R', ...issuing, '-k', 'rsa', '-g', '2048', '-s', 'CN=card', '-a'))
  const publicKey = createPublicKey(run('openssl', 'req', '-in', asked, '-noout', '-pubkey'))
  const certificate = file('card.der', certify(publicKey).certificate)
  run('certutil', '-A', ...issuing, '-n', 'authentication', '-t', ',,', '-i', certificate)

  const database = withModule('browser')
  const args = [`--host-resolver-rules=MAP ${hosts} 127.0.0.1`]
  const context = await launchWithStore(home('browser'), { env, args, display: display.name })
  return {
    context,
    ownCertificates: () => run('certutil', '-L', '-d', database),
    pinWindow: () => display.window(PIN_WINDOW),
    close: async () => {
      await context.close()
      folder[Symbol.dispose]()
    },
  }
}
