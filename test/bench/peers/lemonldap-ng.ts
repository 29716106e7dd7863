import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startNginx } from '../../kit/nginx.ts'
import { runProcess, startProcess, type Running } from '../../kit/processes.ts'
import { createTempFolder } from '../../kit/temp-folder.ts'
import { IDENTITY } from '../upstream.ts'
import { PASS, toApplication } from './front.ts'
import type { StartPeer } from './peer.ts'

/** The name by which targets speak of it. */
export const LEMONLDAP_NG = 'LemonLDAP::NG'

const HOST = 'application.example.test'

/** What its packages start with. */
const PROCESSES = 7

const COOKIE = 'lemonldap'

/** Whom its server becomes where it is started by root, as which it refuses to run. */
const USER = 'www-data'

const storage = (folder: string) => ({
  module: 'Apache::Session::File',
  options: {
    Directory: join(folder, 'sessions'),
    LockDirectory: join(folder, 'sessions/lock'),
    generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
  },
  cache: 'Cache::FileCache',
  cacheOptions: {
    namespace: 'lemonldap-ng-sessions',
    cache_root: join(folder, 'cache'),
    cache_depth: 3,
    default_expires_in: 600,
    directory_umask: '007',
  },
})

/** As its configuration manager writes it: one application, open to whoever has a session, told who it is. */
const configuration = (folder: string) => {
  const { module, options, cache, cacheOptions } = storage(folder)
  return {
    cfgNum: 1,
    cfgAuthor: 'bench',
    cfgDate: 1_700_000_000,
    cfgVersion: '2.16.1',
    key: randomBytes(24).toString('hex'),
    authentication: 'Demo',
    userDB: 'Same',
    cookieName: COOKIE,
    domain: 'example.test',
    portal: 'http://portal.example.test/',
    securedCookie: 0,
    timeout: 72_000,
    exportedVars: {},
    groups: {},
    macros: { _whatToTrace: 'lc($_user)' },
    whatToTrace: '_whatToTrace',
    exportedHeaders: { [HOST]: { [IDENTITY.header]: '$uid' } },
    locationRules: { [HOST]: { '^/logout': 'logout_sso', default: 'accept' } },
    globalStorage: module,
    globalStorageOptions: options,
    localSessionStorage: cache,
    localSessionStorageOptions: cacheOptions,
  }
}

const settings = (folder: string): string => `
[all]
logLevel = warn
checkTime = 1
[configuration]
type = File
dirName = ${folder}/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'lemonldap-ng-config', 'default_expires_in' => 600, 'directory_umask' => '007', 'cache_root' => '${folder}/cache', 'cache_depth' => 3, }
[handler]
status = 0
useRedirectOnError = 1
`

/** The session that its portal writes when a person has signed in, by its own library. */
const OPEN_SESSION = `
  use strict; use JSON; use Lemonldap::NG::Common::Session;
  my ($at, $login) = (decode_json($ARGV[0]), $ARGV[1]);
  my $session = Lemonldap::NG::Common::Session->new({
    storageModule => $at->{module}, storageModuleOptions => $at->{options},
    cacheModule => $at->{cache}, cacheModuleOptions => $at->{cacheOptions},
    kind => 'SSO',
    info => { _utime => time, _startTime => time, _user => $login, _auth => 'Demo', _userDB => 'Demo', uid => $login,
      _whatToTrace => $login, authenticationLevel => 1, ipAddr => '127.0.0.1' },
  });
  die $session->error if $session->error;
  print 'id=', $session->id, "\n";
`

const openSession = async (folder: string): Promise<string> => {
  const args = ['-e', OPEN_SESSION, JSON.stringify(storage(folder)), IDENTITY.login]
  const { stdout, stderr } = await runProcess('/usr/bin/perl', args)
  const id = /^id=([0-9a-f]{64})$/m.exec(stdout)?.[1]
  if (id === undefined) throw new Error(`LemonLDAP::NG gave no session: ${stdout}${stderr}`)
  return id
}

/**
 * Its queue of waiting questions is raised: as shipped it holds 100, and most answers to 256 visitors are then 500. Its memory of
 * the last session is left as it is shipped, 15 seconds: the best case, one person clicking.
 */
const startHandler = async (folder: string, processes: number): Promise<Running> => {
  const socket = join(folder, 'handler.sock')
  const pid = join(folder, 'handler.pid')
  const isRoot = process.getuid?.() === 0
  if (isRoot) await runProcess('/usr/bin/chown', ['-R', `${USER}:${USER}`, folder])
  const args = [
    ...['--foreground', '-n', `${processes}`, '-s', socket, '-p', pid, '--plackOptions=--backlog=4096'],
    ...(isRoot ? ['-u', USER, '-g', USER] : []),
  ]
  const handler = startProcess('/usr/sbin/llng-fastcgi-server', args, {
    env: {
      LLNG_DEFAULTCONFFILE: join(folder, 'lemonldap-ng.ini'),
      LLNG_DEFAULTLOGGER: 'Lemonldap::NG::Common::Logger::Std',
    },
  })
  for (let tries = 0; !existsSync(socket) || !existsSync(pid); tries += 1) {
    if (tries > 200) throw new Error(`llng-fastcgi-server does not start: ${handler.stdout()}${handler.stderr()}`)
    await new Promise((next) => setTimeout(next, 50))
  }
  return handler
}

/** nginx and LemonLDAP::NG's handler over FastCGI, after its own sample without Lua, with a session in files. */
export const startLemonldapNg: StartPeer = async (upstream, workers) => {
  const folder = createTempFolder('bench-llng')
  for (const name of ['conf', 'cache', 'sessions/lock']) mkdirSync(join(folder.path, name), { recursive: true })
  writeFileSync(join(folder.path, 'conf/lmConf-1.json'), JSON.stringify(configuration(folder.path)))
  writeFileSync(join(folder.path, 'lemonldap-ng.ini'), settings(folder.path))
  const id = await openSession(folder.path)
  const handler = await startHandler(folder.path, workers === 1 ? 1 : PROCESSES)
  const nginx = await startNginx(
    ([port]) => `
      ${toApplication(upstream)}
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /lmauth {
          internal;
          include /etc/nginx/fastcgi_params;
          fastcgi_pass unix:${folder.path}/handler.sock;
          fastcgi_pass_request_body off;
          fastcgi_param CONTENT_LENGTH "";
          fastcgi_param HTTP_HOST $host;
          fastcgi_param X_ORIGINAL_URI $original_uri;
        }
        location / {
          set $original_uri $uri$is_args$args;
          auth_request /lmauth;
          auth_request_set $lmlocation $upstream_http_location;
          error_page 401 $lmlocation;
          auth_request_set $user $upstream_http_x_remote_user;
          auth_request_set $lmcookie $upstream_http_cookie;
          proxy_set_header ${IDENTITY.header} $user;
          proxy_set_header Cookie $lmcookie;
          proxy_set_header Host $http_host;
          ${PASS}
        }
      }`,
    { workers },
  )
  return {
    name: LEMONLDAP_NG,
    description:
      'nginx and the LemonLDAP::NG handler over FastCGI, sessions in files, one signed-in person, identity header',
    url: `http://127.0.0.1:${nginx.ports[0]}`,
    host: HOST,
    pids: [nginx.pid, handler.pid],
    headers: [`Cookie: ${COOKIE}=${id}`],
    authenticates: true,
    asserts: false,
    carriesWebSockets: false,
    stop: async () => {
      await nginx.stop()
      await handler.stop()
      folder[Symbol.dispose]()
    },
  }
}
