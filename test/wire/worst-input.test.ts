import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, before, describe, it } from 'node:test'
import { AS_PAGE, startBehindGate, type BehindGate } from '../kit/behind-gate.ts'
import { plainAnswer } from '../kit/upstream.ts'
import { createVisitor, openSignIn } from '../kit/visitor.ts'

/** What costs most to read, as large as it may come: one visitor must not hold up the others. */

/** How long the process may be deaf to everybody else, milliseconds. */
const DEAF = 100

/** What fits into a header section beside the rest of a request. */
const ROOM = 29_000

let behind: BehindGate

before(async () => {
  behind = await startBehindGate({
    site: {
      rules: [
        { id: 'public', match: { path: '/public/**' }, allow: 'anyone' },
        {
          id: 'deep',
          match: { path: '/**/a/**/a/*b*b*b/**/a' },
          allow: 'signed-in',
          origins: ['https://p.example.test'],
        },
      ],
    },
    config: { listen: { address: '127.0.0.1', port: 0, 'trusted-proxies': ['127.0.0.1'] } },
  })
  behind.upstream.answerWith(() => plainAnswer('200 OK', 'of the application'))
})
after(() => behind.stop())

/** The longest time for which nothing else was served while it was done: a busy machine slows one try down, and not three. */
const deafness = async (act: () => Promise<unknown>): Promise<number> => {
  let quickest = Infinity
  for (let round = 0; round < 3 && quickest > DEAF / 2; round += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await act()
    delay.disable()
    quickest = Math.min(quickest, delay.max / 1e6)
  }
  return quickest
}

const assertQuick = async (what: string, act: () => Promise<unknown>): Promise<void> => {
  const deaf = await deafness(act)
  assert.ok(deaf < DEAF, `${what}: nobody else was served for ${Math.round(deaf)} ms`)
}

const UNITS = [
  ' ',
  '\t',
  ',',
  ', ',
  ';',
  '; ',
  'a',
  'a,',
  'a=',
  '=',
  '"',
  '"",',
  '%',
  '%41',
  '/',
  '-',
  '.',
  'a ',
  '(',
  '<a>',
]

const repeated = (unit: string, length = ROOM): string => unit.repeat(Math.floor(length / unit.length))

const FIELDS = [
  ...['Cookie', 'Accept', 'Accept-Language', 'User-Agent', 'Content-Type', 'Referer', 'Origin', 'Connection', 'TE'],
  ...['X-Forwarded-For', 'Forwarded', 'Sec-Fetch-Site', 'Sec-Fetch-Mode', 'Range', 'If-None-Match', 'Authorization'],
  ...['Access-Control-Request-Headers', 'Access-Control-Request-Method', 'X-Requested-With', 'Expect'],
]

describe('L-05: the worst that a visitor can write', () => {
  for (const field of FIELDS)
    it(`L-05: ${field} of ${ROOM} bytes holds nobody up, whatever is repeated in it`, async () => {
      for (const unit of UNITS) {
        const line = `${field}: x${repeated(unit)}x`
        await assertQuick(JSON.stringify(unit), async () => {
          const answers = [
            await behind.askSignedIn('GET /dcc/', line),
            await behind.ask('OPTIONS /public/a', ...AS_PAGE, line),
            await behind.ask('GET /_portillon/sign-in', ...AS_PAGE, line),
          ]
          for (const { status } of answers) assert.ok(status < 500, `${status} for ${JSON.stringify(unit)}`)
        })
      }
    })

  it('L-05: thousands of cookies, of one name, of names like ours, of numbers', async () => {
    const list = (pair: (at: number) => string) => {
      let text = ''
      for (let at = 0; text.length < ROOM; at += 1) text += `${pair(at)}; `
      return `Cookie: ${text}`
    }
    for (const line of [
      ...[
        list(() => 'a=1'),
        list((at) => `${at}=1`),
        list(() => '__Host-portillon=x'),
        list((at) => `portillon-${at}=`),
      ],
      ...[
        list(() => '=portillon'),
        list(() => ' '),
        list((at) => `__proto__${at}=1`),
        list(() => '\t__Host-portillon'),
      ],
    ]) {
      await assertQuick(line.slice(0, 40), async () => {
        assert.ok((await behind.ask('GET /dcc/', line)).status < 500)
        assert.ok((await behind.ask('GET /_portillon/sign-out', ...AS_PAGE, line)).status < 500)
        assert.ok((await behind.ask('POST /_portillon/sign-in', line, 'Content-Length: 0')).status < 500)
      })
    }
  })

  it('L-05: 199 header lines that are named alike, or all by Connection', async () => {
    for (const lines of [
      Array.from({ length: 190 }, (_, at) => `${at}: ${at}`),
      Array.from({ length: 190 }, (_, at) => `X-Remote-User${'-'.repeat(at % 60)}: 1`),
      Array.from(
        { length: 190 },
        (_, at) => `Connection: ${Array.from({ length: 30 }, (_each, nth) => `${at}.${nth}`).join(',')}`,
      ),
      Array.from({ length: 190 }, () => `Cookie: ${'a;'.repeat(70)}`),
    ])
      await assertQuick(lines[1] ?? '', async () => {
        assert.ok((await behind.askSignedIn('GET /dcc/', ...lines)).status < 500)
      })
  })

  it('L-05: a cookie of a megabyte is not even read', async () => {
    await assertQuick('a megabyte', async () => {
      const answer = await behind.ask('GET /dcc/', `Cookie: a=${'x'.repeat(1_000_000)}`).catch(() => null)
      if (answer !== null) assert.equal(answer.status, 431)
    })
  })

  it('P-07, L-05: addresses that are long, escaped, or made for the patterns of the rules', async () => {
    for (const unit of [';', ';a', '%41', '%25', '/a', '/a/', '/;', '/.', '%c3%a9', '%', '/ab', '/a/abbbb', '~', "'"])
      for (const target of [
        `/${repeated(unit, 8_100)}`,
        `/a?${repeated(unit, 8_000)}`,
        `/_portillon/sign-in?to=${repeated(unit, 8_000)}`,
      ])
        await assertQuick(target.slice(0, 40), async () => {
          for (const ask of [behind.ask, behind.askSignedIn])
            assert.ok((await ask(`GET ${target}`, ...AS_PAGE)).status < 500)
        })
  })

  it('L-05: forms of ours that are as large as they may be: many fields, colliding names, deep ones, JSON', async () => {
    const visitor = createVisitor(behind.gate)
    const fields = new URLSearchParams(await openSignIn(visitor)).toString()
    const deep = `a${repeated('[a]', 30_000)}=1`
    for (const [type, body] of [
      ['application/x-www-form-urlencoded', `${fields}&${repeated('a&', 30_000)}`],
      [
        'application/x-www-form-urlencoded',
        `${fields}&${Array.from({ length: 4_000 }, (_, at) => `${at}=1`).join('&')}`,
      ],
      ['application/x-www-form-urlencoded', `${fields}&${deep}`],
      ['application/x-www-form-urlencoded', `${fields}&login=${repeated('%41', 30_000)}`],
      ['application/x-www-form-urlencoded', `${fields}&login=a&password=${repeated(' a', 20_000)}`],
      ['application/json', `${repeated('[', 15_000)}${repeated(']', 15_000)}`],
      ['application/json', `{"a":${repeated('{"a":', 25_000)}`],
      [`multipart/form-data; boundary=${repeated('-', 60)}`, repeated('--', 30_000)],
    ] as const)
      await assertQuick(`${type} ${body.slice(-20)}`, async () => {
        const headers = { 'content-type': type, origin: behind.gate.origin, 'sec-fetch-site': 'same-origin' }
        const { status } = await visitor.ask('/_portillon/sign-in', { body, headers })
        assert.ok(status >= 400 && status < 500, `${status}`)
      })
  })
})
