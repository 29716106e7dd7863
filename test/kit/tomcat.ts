import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
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
  /** What it has written so far. */
  log(): string
  stop(): Promise<void>
}

/** One request that Tomcat has answered, of whatever application. */
export interface Served {
  readonly status: number
  /** `GET /body/a HTTP/1.1`, as it read it. */
  readonly startLine: string
  /** What `/body/` was sent; undefined for everything else. */
  readonly body: string | undefined
}

export interface RecordingTomcat extends Tomcat {
  /** What it has answered since the last question, in order, and forgets it. */
  served(): Promise<readonly Served[]>
}

/** What test/fixtures/probe-app says about a request. */
export interface Probe {
  /** `everything`, `public` or `admin`: whose mapping the path met. */
  readonly servlet: string
  /** Of which application, by its place: empty for the first one. */
  readonly context: string
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
  context: lineOf(text, 'context') ?? '',
  uri: lineOf(text, 'uri') ?? '',
  path: `${lineOf(text, 'servlet-path') ?? ''}${lineOf(text, 'path-info') ?? ''}`,
  query: lineOf(text, 'query'),
  remoteUser: lineOf(text, 'remote-user'),
  headers: [...text.matchAll(/^header: ([^:]+): (.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const),
})

/** The application that shows what it was asked for. */
export const probe = resolve(import.meta.dirname, '../fixtures/probe-app')

/** Encoded solidus and backslash are left at Tomcat's defaults, as in the products that run on it. */
const serverXml = (contexts: Readonly<Record<string, string>>) => `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector port="0" address="127.0.0.1" protocol="HTTP/1.1" maxThreads="16" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false" deployOnStartup="false">
        <Valve className="org.apache.catalina.valves.AccessLogValve" pattern="%s &quot;%r&quot; %{X-Probe-Body}o"
               prefix="access" suffix=".log" rotatable="false" buffered="false" />
        ${Object.entries(contexts)
          .map(([path, folder]) => `<Context path="${path}" docBase="${folder}" />`)
          .join('')}
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

/** What stands before the applications, as an administrator would put it there. */
export interface TomcatOptions {
  /** Jars for `lib`, which is where Tomcat looks for the classes of a valve. */
  readonly jars?: readonly string[]
  /** `conf/context.xml`, which is read for every application. */
  readonly context?: string
  /** Further applications: the place of each, and its folder. */
  readonly applications?: Readonly<Record<string, string>>
}

/** A short-lived server: start quickly rather than run fast. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Xmx256m']

const createBase = (serverXml: string, { jars = [], context }: TomcatOptions): ReturnType<typeof createTempFolder> => {
  const base = createTempFolder('tomcat')
  for (const name of ['conf', 'lib', 'webapps', 'work', 'temp', 'logs']) mkdirSync(join(base.path, name))
  writeFileSync(join(base.path, 'conf/server.xml'), serverXml)
  writeFileSync(join(base.path, 'conf/logging.properties'), LOGGING)
  if (context !== undefined) writeFileSync(join(base.path, 'conf/context.xml'), context)
  for (const jar of jars) copyFileSync(jar, join(base.path, 'lib', basename(jar)))
  return base
}

/** Starts what a base folder describes. */
const startIn = async (
  base: ReturnType<typeof createTempFolder>,
  home: string,
  classPath: readonly string[],
): Promise<Tomcat> => {
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
    classPath.join(':'),
    'org.apache.catalina.startup.Bootstrap',
    'start',
  ])
  // The connector opens its port before this line, which comes when every application is ready.
  await running.waitFor(/Server startup in/, 60_000)
  const [, port] = await running.waitFor(/Starting ProtocolHandler \["http-nio-127\.0\.0\.1-auto-\d+-(\d+)"\]/)
  return {
    url: `http://127.0.0.1:${port}`,
    port: Number(port),
    log: () => running.stdout() + running.stderr(),
    stop: async () => {
      await running.stop()
      base[Symbol.dispose]()
    },
  }
}

/** `200 "GET /body/a HTTP/1.1" aGVsbG8=`; a start line may hold quotes. */
const SERVED = /^(?<status>\d{3}) "(?<startLine>.*)" (?<body>\S+)$/

const readServed = (line: string): Served => {
  const { status, startLine = '', body } = SERVED.exec(line)?.groups ?? {}
  const isSaid = body !== undefined && body !== '-'
  return {
    status: Number(status),
    startLine,
    body: isSaid ? Buffer.from(body.slice(1), 'base64').toString('latin1') : undefined,
  }
}

/** Another thread of Tomcat may still be writing the line of an answer that has arrived, milliseconds. */
const LAST_LINE = 30

/** Reads what was added to the access log, up to a request of its own: lines are written after their answers. */
const createServed = (tomcat: Tomcat, file: string): RecordingTomcat['served'] => {
  let [seen, marks] = [0, 0]
  return async () => {
    const mark = `/mark/${(marks += 1)}`
    await pause(LAST_LINE)
    await fetch(tomcat.url + mark)
    for (let round = 0; round < 500; round += 1) {
      const lines = existsSync(file) ? readFileSync(file, 'latin1').split('\n').slice(seen, -1) : []
      const end = lines.findIndex((line) => line.includes(`GET ${mark} `))
      if (end !== -1) {
        seen += end + 1
        return lines.slice(0, end).map(readServed)
      }
      await pause(10)
    }
    throw new Error('Tomcat writes no access log')
  }
}

export const startTomcat = async (options: TomcatOptions = {}): Promise<RecordingTomcat> => {
  const home = requireTool('tomcat-home')
  const contexts = { '': probe, '/examples': requireTool('tomcat-examples'), ...options.applications }
  const base = createBase(serverXml(contexts), options)
  for (const name of ['web.xml', 'catalina.properties'])
    copyFileSync(join(home, 'etc', name), join(base.path, 'conf', name))
  const tomcat = await startIn(
    base,
    home,
    ['bootstrap.jar', 'tomcat-juli.jar'].map((jar) => join(home, 'bin', jar)),
  )
  return { ...tomcat, served: createServed(tomcat, join(base.path, 'logs/access.log')) }
}

/** One page, and nothing that needs a servlet of its own: what came of the request stands in the access log. */
const PLAIN_SERVER = `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector port="0" address="127.0.0.1" protocol="HTTP/1.1" maxThreads="8" />
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps" unpackWARs="false" autoDeploy="false">
        <Valve className="org.apache.catalina.valves.AccessLogValve" pattern="%u %s %r" prefix="access" suffix=".log"
               rotatable="false" buffered="false" />
      </Host>
    </Engine>
  </Service>
</Server>
`

const DEFAULT_SERVLET = `<web-app xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="4.0">
  <servlet><servlet-name>default</servlet-name><servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
  <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
</web-app>
`

/**
 * Debian's libraries of Tomcat 9, whose servlets are those of `javax`. Each application has one page, `page.txt`.
 * @param applications what stands in `conf/Catalina/localhost/NAME.xml`; the one called ROOT has no name in its address
 */
export const startTomcat9 = async (
  jars: readonly string[],
  applications: Readonly<Record<string, string>>,
): Promise<Tomcat & { readonly accessLog: () => string }> => {
  const base = createBase(PLAIN_SERVER, {})
  const [pages, contexts] = [join(base.path, 'pages'), join(base.path, 'conf/Catalina/localhost')]
  mkdirSync(pages)
  mkdirSync(contexts, { recursive: true })
  writeFileSync(join(pages, 'page.txt'), 'page of Tomcat 9\n')
  writeFileSync(join(base.path, 'conf/web.xml'), DEFAULT_SERVLET)
  for (const [name, context] of Object.entries(applications))
    writeFileSync(join(contexts, `${name}.xml`), context.replace('<Context>', `<Context docBase="${pages}">`))
  const folder = dirname(requireTool('tomcat9-jars'))
  const libraries = globSync(join(folder, 'tomcat9-*.jar')).filter((jar) => !/-\d[\d.]*\.jar$/.test(jar))
  // Started from its libraries, it has no `lib` of its own.
  const tomcat = await startIn(base, base.path, [...libraries, ...jars])
  return { ...tomcat, accessLog: () => readFileSync(join(base.path, 'logs/access.log'), 'utf8') }
}
