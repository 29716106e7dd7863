import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startProcess } from './processes.ts'
import { createTempFolder } from './temp-folder.ts'
import { requireTool } from './tools.ts'

/**
 * Debian's Tomcat 10 with a base folder of its own: the real reading of paths, headers and sessions that the gate's must
 * agree with. `/examples` are Tomcat's own examples (JSP, sessions, WebSocket); every other path belongs to
 * test/fixtures/probe-app, which answers what it saw as lines of text.
 */

export interface Tomcat {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

/** What test/fixtures/probe-app says about a request. */
export interface Probe {
  /** `everything`, `public` or `admin`: whose mapping the path met. */
  readonly servlet: string
  readonly uri: string
  /** The decoded path by which Tomcat chose, servlet path and path info together. */
  readonly path: string
  readonly query: string | null
  readonly remoteUser: string | null
  /** Names in lower case, as Tomcat's coyote keeps them; duplicates kept. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

const lineOf = (text: string, name: string): string | null => {
  const value = new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1]
  if (value === undefined) throw new Error(`not an answer of the probe: ${text}`)
  return value === 'null' ? null : value
}

/** @throws {Error} when the text is not the probe's */
export const readProbe = (text: string): Probe => ({
  servlet: lineOf(text, 'servlet') ?? '',
  uri: lineOf(text, 'uri') ?? '',
  path: `${lineOf(text, 'servlet-path') ?? ''}${lineOf(text, 'path-info') ?? ''}`,
  query: lineOf(text, 'query'),
  remoteUser: lineOf(text, 'remote-user'),
  headers: [...text.matchAll(/^header: ([^:]+): (.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const),
})

const probe = resolve(import.meta.dirname, '../fixtures/probe-app')

/** Encoded solidus and backslash are left at Tomcat's defaults, as in the products that run on it. */
const serverXml = (examples: string) => `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector port="0" address="127.0.0.1" protocol="HTTP/1.1" maxThreads="16" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false" deployOnStartup="false">
        <Context path="" docBase="${probe}" />
        <Context path="/examples" docBase="${examples}" />
      </Host>
    </Engine>
  </Service>
</Server>
`

const LOGGING = `handlers = java.util.logging.ConsoleHandler
.level = INFO
java.util.logging.ConsoleHandler.level = INFO
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
`

/** A short-lived server: start quickly rather than run fast. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Xmx256m']

const createBase = (home: string): ReturnType<typeof createTempFolder> => {
  const base = createTempFolder('tomcat')
  for (const name of ['conf', 'webapps', 'work', 'temp', 'logs']) mkdirSync(join(base.path, name))
  writeFileSync(join(base.path, 'conf/server.xml'), serverXml(requireTool('tomcat-examples')))
  writeFileSync(join(base.path, 'conf/logging.properties'), LOGGING)
  for (const name of ['web.xml', 'catalina.properties'])
    copyFileSync(join(home, 'etc', name), join(base.path, 'conf', name))
  return base
}

export const startTomcat = async (): Promise<Tomcat> => {
  const home = requireTool('tomcat-home')
  const base = createBase(home)
  const settings = {
    'catalina.home': home,
    'catalina.base': base.path,
    'java.io.tmpdir': join(base.path, 'temp'),
    'java.util.logging.manager': 'org.apache.juli.ClassLoaderLogManager',
    'java.util.logging.config.file': join(base.path, 'conf/logging.properties'),
    'java.security.egd': 'file:/dev/urandom',
  }
  const running = startProcess(requireTool('java'), [
    ...JVM,
    ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
    '-classpath',
    ['bootstrap.jar', 'tomcat-juli.jar'].map((jar) => join(home, 'bin', jar)).join(':'),
    'org.apache.catalina.startup.Bootstrap',
    'start',
  ])
  // The connector opens its port before this line, which comes when every application is ready.
  await running.waitFor(/Server startup in/, 60_000)
  const [, port] = await running.waitFor(/Starting ProtocolHandler \["http-nio-127\.0\.0\.1-auto-\d+-(\d+)"\]/)
  return {
    url: `http://127.0.0.1:${port}`,
    port: Number(port),
    stop: async () => {
      await running.stop()
      base[Symbol.dispose]()
    },
  }
}
