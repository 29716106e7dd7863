import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort, isListening } from '../../kit/ports.ts'
import { startProcess } from '../../kit/processes.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { followSignIn } from '../browser.ts'
import { IDENTITY, type Upstream } from '../upstream.ts'
import type { StartPeer } from './peer.ts'

/** The name by which targets speak of it. */
export const MOD_AUTH_OPENIDC = 'mod_auth_openidc'

const MODULES = [
  ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'proxy', 'proxy_http', 'proxy_wstunnel', 'auth_openidc'],
]

/** So many that even if all connections meet one process none is closed for want of a thread. */
const THREADS = 300

interface Places {
  readonly folder: string
  readonly port: number
  readonly provider: string
  readonly secret: string
  readonly passphrase: string
}

const configuration = (upstream: Upstream, workers: number, at: Places): string => `
ServerRoot ${at.folder}
ServerName 127.0.0.1
PidFile ${at.folder}/pid
DefaultRuntimeDir ${at.folder}
Listen 127.0.0.1:${at.port}
ListenBacklog 4096
ErrorLog ${at.folder}/error.log
LogLevel warn
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
StartServers ${workers}
ServerLimit ${workers}
ThreadLimit ${THREADS}
ThreadsPerChild ${THREADS}
MaxRequestWorkers ${THREADS * workers}
MinSpareThreads 1
MaxSpareThreads ${THREADS * workers}
MaxConnectionsPerChild 0
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60

OIDCProviderMetadataURL ${at.provider}/.well-known/openid-configuration
OIDCClientID bench
OIDCClientSecret ${at.secret}
OIDCRedirectURI http://127.0.0.1:${at.port}/oidc/callback
OIDCCryptoPassphrase ${at.passphrase}
OIDCScope openid
OIDCPKCEMethod S256
OIDCCacheType shm
OIDCSessionType server-cache
OIDCSessionInactivityTimeout 7200
OIDCRemoteUserClaim sub
OIDCAuthNHeader ${IDENTITY.header}
OIDCPassClaimsAs none
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
ProxyPreserveHost On
ProxyPass /oidc/callback !
ProxyPass / ${upstream.url}/
`

/** Apache's mpm_event and mod_auth_openidc with sessions in shared memory, and a person who has signed in by code flow. */
export const startModAuthOpenidc: StartPeer = async (upstream, workers) => {
  const port = await freePort()
  const secret = randomBytes(24).toString('hex')
  const url = `http://127.0.0.1:${port}`
  const provider = startProcess(process.execPath, [resolve(import.meta.dirname, '../programs/openid-provider.ts')], {
    env: { CLIENT_SECRET: secret, REDIRECT_URI: `${url}/oidc/callback`, NODE_ENV: 'production' },
  })
  const [, providerPort] = await provider.waitFor(/listening on (\d+)/)
  const folder = createTempFolder('bench-apache')
  // Its processes are another user's.
  chmodSync(folder.path, 0o711)
  const file = join(folder.path, 'apache.conf')
  const passphrase = randomBytes(24).toString('hex')
  const at = { folder: folder.path, port, provider: `http://127.0.0.1:${providerPort}`, secret, passphrase }
  writeFileSync(file, configuration(upstream, workers, at), { mode: 0o600 })
  const apache = startProcess('/usr/sbin/apache2', ['-f', file, '-D', 'FOREGROUND'])
  await Promise.race([
    (async () => {
      while (!(await isListening(port))) await new Promise((next) => setTimeout(next, 50))
    })(),
    apache.ended.then(() =>
      Promise.reject(
        new Error(`apache2 ended: ${apache.stderr()}${readFileSync(join(folder.path, 'error.log'), 'utf8')}`),
      ),
    ),
  ])
  const cookies = await followSignIn(`${url}/`)
  // It is not asked again.
  await provider.stop()
  return {
    name: MOD_AUTH_OPENIDC,
    description: 'Apache mpm_event, sessions in shared memory, one signed-in person, identity header',
    url,
    pids: [apache.pid],
    headers: [`Cookie: ${cookies}`],
    authenticates: true,
    asserts: false,
    carriesWebSockets: false,
    stop: async () => {
      await apache.stop()
      folder[Symbol.dispose]()
    },
  }
}
