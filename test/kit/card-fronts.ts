import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CardForm } from '../../src/config/card-listener-schema.ts'
import type { CardListenerFiles } from '../../src/config/instance.ts'
import { CARD_HOST, CARD_TLS } from './card-gate.ts'
import { makeCertificate } from './certificate.ts'
import type { TestIgcSante } from './igc-sante.ts'
import { startNginx } from './nginx.ts'
import { adaptSample, type Replacements } from './nginx-front.ts'
import { freePort, isListening } from './ports.ts'
import { startProcess } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

/** Something that asks for cards in place of the gate, on that loopback port. */
export interface CardFrontServer {
  readonly port: number
  stop(): Promise<void>
}

export const FRONT_SECRET = 'the-secret-of-the-front-0123456789abcdef'

/** The gate's end of the link by a socket. */
export const SECRET_LINK: CardListenerFiles = {
  tls: null,
  front: { form: 'nginx', ca: null, secret: FRONT_SECRET },
}

/** What the front shows the gate. */
export const FRONT_TLS = makeCertificate('front.example.test')

/** The gate's end of the link by TLS on both sides. */
export const tlsLink = (form: CardForm): CardListenerFiles => ({
  tls: { cert: Buffer.from(CARD_TLS.cert), key: Buffer.from(CARD_TLS.key) },
  front: { form, ca: FRONT_TLS.cert, secret: null },
})

/** The shipped nginx sample, which hands cards over by a socket. */
export const startNginxCards = async (socket: string, { pem }: TestIgcSante): Promise<CardFrontServer> => {
  const nginx = await startNginx(([port = 0], folder) => {
    const write = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content, { mode: 0o600 })
      return join(folder, name)
    }
    return adaptSample('nginx/cards.conf', [
      ['listen 8444 ssl', `listen 127.0.0.1:${port} ssl`],
      [`/etc/nginx/tls/${CARD_HOST}.crt`, write('cards.crt', CARD_TLS.cert)],
      [`/etc/nginx/tls/${CARD_HOST}.key`, write('cards.key', CARD_TLS.key)],
      ['/etc/nginx/tls/igc-sante.pem', write('igc-sante.pem', pem)],
      ['/etc/nginx/portillon-front.conf', write('front.conf', `proxy_set_header X-Portillon-Front "${FRONT_SECRET}";`)],
      ['/run/portillon/cards.sock', socket],
    ])
  })
  return { port: nginx.ports[0] ?? 0, stop: () => nginx.stop() }
}

/** In the sample's comment stands what takes the place of its own two fields. */
const RFC_9440: Replacements = [
  ['    http-request set-header X-SSL-Client-Verify', '    # http-request set-header X-SSL-Client-Verify'],
  ['    http-request set-header X-SSL-Client-DER', '    # http-request set-header X-SSL-Client-DER'],
  ['    #   http-request set-header Client-Cert', '    http-request set-header Client-Cert'],
]

/** The shipped HAProxy sample, which hands cards over by TLS on both sides. */
export const startHaproxyCards = async (
  gatePort: number,
  { pem }: TestIgcSante,
  form: 'haproxy' | 'rfc9440',
): Promise<CardFrontServer> => {
  const folder = createTempFolder('haproxy-cards')
  const write = (name: string, content: string): string => {
    writeFileSync(join(folder.path, name), content, { mode: 0o600 })
    return join(folder.path, name)
  }
  const port = await freePort()
  const content = adaptSample('haproxy/cards.cfg', [
    ['bind :8444', `bind 127.0.0.1:${port}`],
    [`/etc/haproxy/tls/${CARD_HOST}.pem`, write('cards.pem', CARD_TLS.cert + CARD_TLS.key)],
    ['/etc/haproxy/tls/igc-sante.pem', write('igc-sante.pem', pem)],
    ['/etc/haproxy/tls/front.pem', write('front.pem', FRONT_TLS.cert + FRONT_TLS.key)],
    ['/etc/haproxy/tls/gate-ca.pem', write('gate-ca.pem', CARD_TLS.cert)],
    ['/etc/haproxy/down.http', write('down.http', adaptSample('haproxy/down.http', []))],
    ['log /dev/log local0', ''],
    ['server gate 192.0.2.12:8445', `server gate 127.0.0.1:${gatePort}`],
    ...(form === 'rfc9440' ? RFC_9440 : []),
  ])
  const running = startProcess(requireTool('haproxy'), ['-db', '-f', write('haproxy.cfg', content)])
  const over = running.ended.then(() => {
    throw new Error(`haproxy ended:\n${running.stderr()}`)
  })
  over.catch(() => undefined)
  while (!(await Promise.race([isListening(port), over]))) await new Promise((next) => setTimeout(next, 20))
  return {
    port,
    stop: async () => {
      await running.stop('SIGTERM')
      folder[Symbol.dispose]()
    },
  }
}
