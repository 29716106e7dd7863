import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import { adaptSample, FRONT_NAME, type Replacements } from './nginx-front.ts'
import { freePorts, isListening } from './ports.ts'
import { startProcess } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

export interface HaproxyFront {
  readonly httpPort: number
  readonly httpsPort: number
  /** Certificate of the front, its own authority. */
  readonly ca: string
  stop(): Promise<void>
}

const SAMPLES = ['portillon.lua', 'down.http'] as const

/** Runs a shipped HAProxy sample with Debian's HAProxy, with servers of the test in place of the ones that it names. */
const startFront = async (sample: string, servers: Replacements): Promise<HaproxyFront> => {
  const folder = createTempFolder('haproxy')
  const { cert, key } = makeCertificate(FRONT_NAME)
  writeFileSync(join(folder.path, 'front.pem'), cert + key, { mode: 0o600 })
  for (const name of SAMPLES) writeFileSync(join(folder.path, name), adaptSample(`haproxy/${name}`, []))
  const [httpPort = 0, httpsPort = 0] = await freePorts(2)
  const file = join(folder.path, 'haproxy.cfg')
  const content = adaptSample(`haproxy/${sample}`, [
    ['bind :80', `bind 127.0.0.1:${httpPort}`],
    ['bind :443', `bind 127.0.0.1:${httpsPort}`],
    ['/etc/haproxy/tls/dcc.example.test.pem', join(folder.path, 'front.pem')],
    ['/etc/haproxy/down.http', join(folder.path, 'down.http')],
    ['log /dev/log local0', ''],
    ...servers,
  ])
  writeFileSync(file, content.replace('/etc/haproxy/portillon.lua', join(folder.path, 'portillon.lua')))
  const running = startProcess(requireTool('haproxy'), ['-db', '-f', file])
  const over = running.ended.then(() => {
    throw new Error(`haproxy ended:\n${running.stderr()}`)
  })
  over.catch(() => undefined)
  for (const port of [httpPort, httpsPort])
    while (!(await Promise.race([isListening(port), over]))) await new Promise((next) => setTimeout(next, 20))
  return {
    httpPort,
    httpsPort,
    ca: cert,
    stop: async () => {
      await running.stop('SIGTERM')
      folder[Symbol.dispose]()
    },
  }
}

/** The sample that stands before a gate. */
export const startHaproxyFront = (gatePort: number): Promise<HaproxyFront> =>
  startFront('portillon.cfg', [['server one 127.0.0.1:8443', `server one 127.0.0.1:${gatePort}`]])

/** The sample that asks a gate and carries the data to the application itself. */
export const startAskingHaproxy = (gatePort: number, applicationPort: number): Promise<HaproxyFront> =>
  startFront('forward-auth.cfg', [
    ['127.0.0.1:8443', `127.0.0.1:${gatePort}`],
    ['127.0.0.1:8080', `127.0.0.1:${applicationPort}`],
  ])
