import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import type { TestCard } from '../../deploy/demo/igc-sante/card.ts'
import { toPkcs12 } from '../../deploy/demo/igc-sante/pkcs12.ts'
import { createCertificateStore, launchWithStore } from './certificate-store.ts'
import { createTempFolder } from './temp-folder.ts'

/** A workstation with a reader: a browser with a profile of its own, and the certificates that it finds when it looks. */
export interface CardReader {
  readonly context: BrowserContext
  insert(card: TestCard): Promise<void>
  remove(): void
  close(): Promise<void>
}

const POLICIES = '/etc/chromium/policies/managed'
const POLICY = join(POLICIES, 'portillon-test-cards.json')

/** The browser's question has no button that a program could press: for these names alone it takes what there is. */
const TAKES_WHAT_THERE_IS = JSON.stringify({
  AutoSelectCertificateForUrls: [JSON.stringify({ pattern: 'https://[*.]localhost', filter: {} })],
})

const asRoot = (...command: readonly [string, ...string[]]): void => {
  const [program, ...args] = process.getuid?.() === 0 ? command : (['sudo', '-n', ...command] as const)
  execFileSync(program, args, { stdio: 'pipe' })
}

/** Answers the browser's question for a certificate until the returned function is called; nothing is left behind. */
export const answerCertificateQuestion = (): (() => void) => {
  const made = [POLICIES, dirname(POLICIES)].filter((name) => !existsSync(name))
  const script = `mkdir -p ${POLICIES} && cat > ${POLICY} <<'END'\n${TAKES_WHAT_THERE_IS}\nEND\nchmod 644 ${POLICY}`
  asRoot('sh', '-c', script)
  const undo = (): void => {
    process.removeListener('exit', undo)
    asRoot('sh', '-c', [`rm -f ${POLICY}`, ...made.map((name) => `rmdir ${name}`)].join(' && '))
  }
  process.on('exit', undo)
  return undo
}

const PASSWORD = 'test'
const NAME = 'card'

/** Debian's Chromium; its certificates lie in an NSS database of its own, which cards are put into and taken out of. */
export const openCardReader = async (options: { readonly javaScriptEnabled?: boolean } = {}): Promise<CardReader> => {
  const folder = createTempFolder('card-reader')
  const database = createCertificateStore(folder.path)
  const context = await launchWithStore(folder.path, options)
  return {
    context,
    insert: async (card) => {
      const file = join(folder.path, 'card.p12')
      writeFileSync(file, await toPkcs12(card, [card.issuer.certificate], { name: NAME, password: PASSWORD }))
      execFileSync('pk12util', ['-i', file, '-d', database, '-W', PASSWORD], { stdio: 'pipe' })
    },
    remove: () => {
      execFileSync('certutil', ['-F', '-d', database, '-n', NAME], { stdio: 'pipe' })
    },
    close: async () => {
      await context.close()
      folder[Symbol.dispose]()
    },
  }
}
