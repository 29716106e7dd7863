import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const dockerfile = read('deploy/Dockerfile')
const unit = read('deploy/portillon.service')

/** Where the compiler puts `src/main.ts`: the tree is kept below `dist/`. */
const PROGRAM = 'dist/src/main.js'

describe('the deployment files', () => {
  it('start the program where the build puts it', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: { portillon: string } }
    assert.equal(bin.portillon, PROGRAM)
    assert.ok(dockerfile.includes(`ENTRYPOINT ["node", "${PROGRAM}"]`))
    assert.match(unit, new RegExp(`^ExecStart=/usr/bin/node ${PROGRAM} serve --config `, 'm'))
  })

  it('give requests in flight longer than `drain-notice` and `drain` before they kill (O-01)', () => {
    const config = parse(read('deploy/config.example.yaml')) as { drain: string; 'drain-notice': string }
    const seconds = (setting: string) => Number(/^(\d+)s$/.exec(setting)?.[1])
    const needed = seconds(config['drain-notice']) + seconds(config.drain) + 15
    assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > needed)
    const told = [...`${read('deploy/runbook.md')}${dockerfile}`.matchAll(/--stop-timeout (\d+)/g)]
    assert.ok(told.length >= 2)
    for (const [, given] of told) assert.ok(Number(given) > needed)
  })

  it('let systemd hold the address of the example, hand it to the service, and reload it', () => {
    const { listen } = parse(read('deploy/config.example.yaml')) as { listen: { address: string; port: number } }
    const sockets = [...read('deploy/portillon.socket').matchAll(/^Listen\w+=(.*)$/gm)].map(([, address]) => address)
    assert.deepEqual(sockets, [`${listen.address}:${listen.port}`])
    assert.match(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m)
    assert.match(unit, /^KillMode=mixed$/m)
  })

  it('copy into the image only what is there, and only what .dockerignore lets in', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '))
    assert.ok(copied.length > 5)
    for (const name of copied) {
      assert.ok(existsSync(new URL(`../../${name}`, import.meta.url)), name)
      assert.ok(
        allowed.some((entry) => name === entry || name.startsWith(`${entry}/`)),
        `${name} is not let in`,
      )
    }
  })

  it('run the image as an ordinary user, with health asked of the admin port of the example', () => {
    const { admin } = parse(read('deploy/config.example.yaml')) as { admin: { port: number } }
    assert.match(dockerfile, /^USER 10001:10001$/m)
    assert.ok(dockerfile.includes(`?? ${admin.port}}/livez`))
  })
})

describe('the verifier kit', () => {
  const valve = read('deploy/verifier/portillon/verifier/PortillonValve.java')
  const manual = read('deploy/verifier/README.md')
  const settings = [...valve.matchAll(/public void set([A-Z]\w*)\(/g)].map(([, name = '']) => name.toLowerCase()).sort()

  it('has a manual for each setting of the valve, and for no other', () => {
    const rows = [...manual.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, names = '']) => names.split(', '))
    assert.ok(settings.length > 5)
    assert.deepEqual(rows.map((name) => name.replaceAll('`', '')).sort(), settings)
  })

  it('shows the valve with the headers and the audience of the shipped site file', () => {
    const { identity } = parse(read('policies/onco-hdf.yaml')) as {
      identity: { headers: Record<string, string>; assertion: { audience: string } }
    }
    const example = /<Valve className="portillon\.verifier\.PortillonValve"(?<attributes>[^>]*)\/>/.exec(manual)
    const given = Object.fromEntries(
      [...(example?.groups?.['attributes'] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    )
    for (const name of Object.keys(given)) assert.ok(settings.includes(name), name)
    assert.deepEqual(given['headers']?.split(' ').sort(), Object.keys(identity.headers).sort())
    assert.equal(identity.headers[given['user'] ?? ''], 'login')
    assert.equal(given['audience'], identity.assertion.audience)
  })
})
