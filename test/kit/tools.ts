import { globSync } from 'node:fs'

/**
 * The programs that tests and the bench run beside the gate, each from a Debian package that `test/run` installs. A
 * missing one is an error that names its package: a test is never skipped for want of a program.
 */
const TOOLS = {
  'redis-server': { debian: 'redis-server', files: ['/usr/bin/redis-server'] },
  postgres: { debian: 'postgresql', files: ['/usr/lib/postgresql/*/bin/postgres'] },
  initdb: { debian: 'postgresql', files: ['/usr/lib/postgresql/*/bin/initdb'] },
  slapd: { debian: 'slapd', files: ['/usr/sbin/slapd'] },
  mariadbd: { debian: 'mariadb-server', files: ['/usr/sbin/mariadbd'] },
  'mariadb-install-db': { debian: 'mariadb-server', files: ['/usr/bin/mariadb-install-db'] },
  chromium: { debian: 'chromium', files: ['/usr/bin/chromium'] },
  Xvfb: { debian: 'xvfb', files: ['/usr/bin/Xvfb'] },
  xdotool: { debian: 'xdotool', files: ['/usr/bin/xdotool'] },
  'softhsm2-util': { debian: 'softhsm2', files: ['/usr/bin/softhsm2-util'] },
  'softhsm2-module': { debian: 'softhsm2', files: ['/usr/lib/softhsm/libsofthsm2.so'] },
  nginx: { debian: 'nginx', files: ['/usr/sbin/nginx'] },
  caddy: { debian: 'caddy', files: ['/usr/bin/caddy'] },
  haproxy: { debian: 'haproxy', files: ['/usr/sbin/haproxy'] },
  java: { debian: 'default-jre-headless', files: ['/usr/bin/java'] },
  javac: { debian: 'default-jdk-headless', files: ['/usr/bin/javac'] },
  jar: { debian: 'default-jdk-headless', files: ['/usr/bin/jar'] },
  php: { debian: 'php-cli', files: ['/usr/bin/php'] },
  'tomcat9-jars': { debian: 'libtomcat9-java', files: ['/usr/share/java/tomcat9-catalina.jar'] },
  'tomcat-home': { debian: 'tomcat10', files: ['/usr/share/tomcat10'] },
  'tomcat-examples': { debian: 'tomcat10-examples', files: ['/usr/share/tomcat10-examples/examples'] },
  'nss-wrapper': { debian: 'libnss-wrapper', files: ['/usr/lib/*/libnss_wrapper.so'] },
  wrk: { debian: 'wrk', files: ['/usr/bin/wrk'] },
} as const

export type Tool = keyof typeof TOOLS

export const toolPackages: readonly string[] = [...new Set(Object.values(TOOLS).map((tool) => tool.debian))]

/**
 * The path of a program or folder.
 * @throws {Error} naming the Debian package, when it is not on this machine
 */
export const requireTool = (name: Tool): string => {
  const { debian, files } = TOOLS[name]
  const found = files.flatMap((pattern) => globSync(pattern)).sort()
  const newest = found.at(-1)
  if (newest === undefined)
    throw new Error(`${name} is missing: apt-get install ${debian} (or bash test/run, which does it)`)
  return newest
}
