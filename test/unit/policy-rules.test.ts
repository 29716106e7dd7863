import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemsOf, siteText } from '../policy/site-text.ts'
import { tells } from '../policy/tells.ts'

const rule = (...lines: string[]) => `rules:\n${lines.map((line) => `  - ${line}`).join('\n')}`

describe('rules', () => {
  const good = '{ id: a, match: { path: /a }, allow: signed-in }'

  tells('with one name are told apart', {
    in: { more: rule(good, '{ id: a, match: { path: /b }, allow: signed-in } # here') },
    path: 'rules[1].id',
    expected: /no other rule/,
    remedy: /rules\[0\]/,
  })
  tells('may not take the name of the rule behind all rules', {
    in: { more: rule('{ id: default, match: { path: /b }, allow: signed-in } # here') },
    path: 'rules[0].id',
    expected: /but `default`/,
    remedy: /rename/,
  })
  tells('that ask for an unknown way are told the known ones', {
    in: { more: rule('{ id: a, match: { path: /a }, allow: { ways: [mailed-cod] } } # here') },
    path: 'rules[0].allow.ways[0]',
    value: 'mailed-cod',
    expected: /a way of this site: mailed-code/,
    remedy: /did you mean `mailed-code`\?/,
  })
  tells('without any condition are told to say what they mean', {
    in: { more: rule('{ id: a, match: { path: /a }, allow: {} } # here') },
    path: 'rules[0].allow',
    expected: /at least one of roles/,
    remedy: /signed-in/,
  })
  tells('that open everything to anyone are refused', {
    in: { more: rule("{ id: a, match: { path: ['/x', '/**'] }, allow: anyone } # here") },
    path: 'rules[0].match.path',
    expected: /a part of the site/,
    remedy: /whole application/,
  })
  tells('that open every folder to anyone are refused', {
    in: { more: rule("{ id: a, match: { path: '/**/**' }, allow: anyone } # here") },
    path: 'rules[0].match.path',
    expected: /a part of the site/,
    remedy: /whole application/,
  })
  tells('that no request can reach are warned of', {
    in: {
      more: rule(
        '{ id: wide, match: { path: [/a/**, /c] }, allow: signed-in }',
        '{ id: narrow, match: { path: [/a/b/*, /c], methods: [GET] }, allow: no-one } # here',
      ),
    },
    path: 'rules[1]',
    severity: 'warning',
    expected: /some request can reach/,
    remedy: /above `wide`/,
  })
  tells('within the pages of the gate are warned of', {
    in: { more: rule('{ id: a, match: { path: /_portillon/assets/** }, allow: anyone } # here') },
    path: 'rules[0]',
    severity: 'warning',
    expected: /outside \/_portillon/,
    remedy: /remove it/,
  })
  tells('with a method in small letters are told', {
    in: { more: rule('{ id: a, match: { path: /a, methods: [get] }, allow: signed-in } # here') },
    path: 'rules[0].match.methods[0]',
    value: 'get',
    expected: /GET/,
    remedy: /in capitals: GET/,
  })
  tells('with a network that is none are told', {
    in: { more: rule('{ id: a, match: { path: /a }, allow: { networks: [10.0.0.0/99] } } # here') },
    path: 'rules[0].allow.networks[0]',
    expected: /IP address/,
    remedy: /192\.0\.2\.0\/24/,
  })

  it('that another method or a public rule leaves something to are not taken for unreachable', () => {
    const reachable = [
      rule(
        '{ id: read, match: { path: /a/**, methods: [GET] }, allow: signed-in }',
        '{ id: write, match: { path: /a/** }, allow: no-one }',
      ),
      rule(
        '{ id: open, match: { path: /a/** }, allow: anyone }',
        '{ id: rest, match: { path: /a/** }, allow: no-one }',
      ),
    ]
    for (const more of reachable) assert.deepEqual(problemsOf(siteText({ more })), [])
  })

  const patterns = {
    'dcc/x': /begin it with a slash: \/dcc\/x/,
    '/a/../b': /without \. and \.\./,
    '/a//b': /one slash/,
    '/a;b': /path parameters/,
    '/a%20b': /the character itself/,
    '/a?b=1': /query/,
    '/a**': /\*\* stand alone/,
    '/**.js': /\*\* stand alone/,
    '/a\\b': /write \/ for/,
    '/a b': /blank/,
  }
  for (const [pattern, remedy] of Object.entries(patterns)) {
    tells(`with the path pattern ${pattern} are refused, and told what to write`, {
      in: { more: rule(`{ id: a, match: { path: '${pattern}' }, allow: signed-in } # here`) },
      path: 'rules[0].match.path',
      expected: /a path pattern: begins with \//,
      remedy,
    })
    tells(`the path pattern ${pattern} is refused where it names polling, too`, {
      in: { more: `session: { background: ['${pattern}'] } # here` },
      path: 'session.background[0]',
      value: `'${pattern}'`,
      expected: /a path pattern: begins with \//,
      remedy,
    })
  }
})
