import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, isListening } from './ports.ts'
import { startProcess, type Running } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

export interface Nginx {
  /** The ports handed to the configuration, in order. */
  readonly ports: readonly number[]
  /** The master process. */
  readonly pid: number
  /** Temporary folder that `root` and certificate files may use. */
  readonly folder: string
  /** What it wrote to its error log. */
  readonly log: () => string
  stop(): Promise<void>
}

export interface NginxOptions {
  /** How many ports the configuration needs. */
  readonly ports?: number
  readonly workers?: number
}

const ATTEMPTS = 3

const configuration = (folder: string, http: string, workers: number): string => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes ${workers};
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  default_type text/plain;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${http}
}
`

/** Resolves when every port accepts; rejects with nginx's own words when it gives up first. */
const becomeReady = async (running: Running, ports: readonly number[]): Promise<void> => {
  const over = running.ended.then(() => {
    throw new Error(`nginx ended:\n${running.stderr()}`)
  })
  over.catch(() => undefined)
  for (const port of ports)
    while (!(await Promise.race([isListening(port), over]))) await new Promise((next) => setTimeout(next, 20))
}

/**
 * Runs Debian's nginx as the current user, on loopback, with everything it writes in a temporary folder.
 * @param http the inside of the `http` block, from the ports it may listen on
 */
export const startNginx = async (
  http: (ports: readonly number[], folder: string) => string,
  { ports: count = 1, workers = 1 }: NginxOptions = {},
): Promise<Nginx> => {
  const folder = createTempFolder('nginx')
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts(count)
    const file = join(folder.path, 'nginx.conf')
    writeFileSync(file, configuration(folder.path, http(ports, folder.path), workers))
    const running = startProcess(requireTool('nginx'), ['-p', folder.path, '-e', 'stderr', '-c', file])
    try {
      await becomeReady(running, ports)
    } catch (error) {
      const portTaken = running.stderr().includes('Address already in use')
      if (portTaken && attempt < ATTEMPTS) continue
      throw error
    }
    return {
      ports,
      pid: running.pid,
      folder: folder.path,
      log: running.stderr,
      stop: async () => {
        await running.stop('SIGTERM')
        folder[Symbol.dispose]()
      },
    }
  }
}
