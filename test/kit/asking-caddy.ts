import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import { adaptSample, FRONT_NAME } from './nginx-front.ts'
import { freePort, isListening } from './ports.ts'
import { startProcess } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

export interface AskingCaddy {
  readonly httpsPort: number
  /** Its certificate, its own authority. */
  readonly ca: string
  stop(): Promise<void>
}

/** No administration port, no certificate from elsewhere, nothing on the ports of a real server. */
const site = (port: number, folder: string): string => `{
	admin off
	auto_https off
	grace_period 1s
}

https://${FRONT_NAME}:${port} {
	bind 127.0.0.1
	tls ${join(folder, 'caddy.crt')} ${join(folder, 'caddy.key')}`

/** Runs the shipped Caddyfile, which asks a gate and carries the data to the application itself, with Debian's Caddy. */
export const startAskingCaddy = async (gatePort: number, applicationPort: number): Promise<AskingCaddy> => {
  const folder = createTempFolder('caddy')
  const { cert, key } = makeCertificate(FRONT_NAME)
  writeFileSync(join(folder.path, 'caddy.crt'), cert)
  writeFileSync(join(folder.path, 'caddy.key'), key, { mode: 0o600 })
  const port = await freePort()
  const file = join(folder.path, 'Caddyfile')
  const content = adaptSample('caddy/Caddyfile', [
    [`${FRONT_NAME} {`, site(port, folder.path)],
    ['127.0.0.1:8443', `127.0.0.1:${gatePort}`],
    ['127.0.0.1:8080', `127.0.0.1:${applicationPort}`],
  ])
  writeFileSync(file, content)
  const running = startProcess(requireTool('caddy'), ['run', '--config', file, '--adapter', 'caddyfile'], {
    env: { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path },
  })
  const over = running.ended.then(() => {
    throw new Error(`caddy ended:\n${running.stderr()}`)
  })
  over.catch(() => undefined)
  while (!(await Promise.race([isListening(port), over]))) await new Promise((next) => setTimeout(next, 20))
  return {
    httpsPort: port,
    ca: cert,
    stop: async () => {
      await running.stop('SIGTERM')
      folder[Symbol.dispose]()
    },
  }
}
