import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EVENTS } from '../../src/audit/events.ts'
import { generatedFiles } from '../../src/config/generate.ts'
import { ERRORS } from '../../src/lib/errors.ts'
import {
  ANSWER_REFUSALS,
  FRAMING_REFUSALS,
  HEAD_REFUSALS,
  TARGET_REFUSALS,
  UNREADABLE,
} from '../../src/lib/ambiguous.ts'
import { configSchema } from '../../src/config/schema.ts'
import { toJsonSchema, type JsonSchema } from '../../src/lib/settings/json-schema.ts'
import { readYaml } from '../../src/lib/settings/yaml-text.ts'
import { siteSchema } from '../../src/policy/schema.ts'

const root = join(import.meta.dirname, '../..')
const generated = generatedFiles()
const textOf = (file: string): string => generated.get(file) ?? assert.fail(`${file} is not generated`)

describe('the generated files', () => {
  for (const [file, content] of generated) {
    it(`${file} is what \`npm run generate\` makes of the schemas now`, () => {
      assert.ok(
        readFileSync(join(root, file), 'utf8') === content,
        `${file} is stale: run npm run generate and commit it`,
      )
    })
  }
})

/** Every setting below a schema: its path, and whether it has an explanation. */
const settingsOf = (node: JsonSchema, path = ''): { path: string; isExplained: boolean }[] =>
  Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const here = path === '' ? key : `${path}.${key}`
    const isText = child.patternErrorMessage !== undefined
    const named = typeof child.additionalProperties === 'object' ? [child.additionalProperties] : []
    const isNamed = named.some(({ properties }) => properties !== undefined)
    const inner = isText ? [] : [child, ...(child.anyOf ?? []), ...(child.items ? [child.items] : []), ...named]
    const suffix = isNamed ? '.<name>' : child.items === undefined ? '' : '[]'
    return [
      { path: here, isExplained: child.description !== undefined },
      ...inner.flatMap((each) => settingsOf(each, `${here}${suffix}`)),
    ]
  })

describe('the manual', () => {
  const settings = [...settingsOf(toJsonSchema(configSchema)), ...settingsOf(toJsonSchema(siteSchema))]

  it('explains every setting of both files', () => {
    assert.ok(settings.length > 90, `${settings.length} settings were found`)
    const manual = textOf('deploy/reference.md')
    const missing = settings.filter(({ path }) => !manual.includes(`| \`${path}\` |`)).map(({ path }) => path)
    assert.deepEqual(missing, [])
    assert.deepEqual(
      settings.filter(({ isExplained }) => !isExplained).map(({ path }) => path),
      [],
    )
  })

  it('names a default as it is written in a file', () => {
    const manual = textOf('deploy/reference.md')
    assert.match(manual, /\| `session\.idle` \| [^|]+ \| `30m` \|/)
    assert.match(manual, /\| `site` \| [^|]+ \| \*\*required\*\* \|/)
    assert.match(manual, /\| `smtp\.user` \| [^|]+ \| – \|/)
  })
})

describe('the manual of the events', () => {
  it('G-03: says of every event of the closed list what it means and how it ended', () => {
    const lines = textOf('deploy/events.md').split('\n')
    const told = lines.flatMap((line) => /^\| `([a-z.-]+)` \| (success|failure) \| .{10,} \|$/.exec(line)?.[1] ?? [])
    assert.deepEqual(told, Object.keys(EVENTS))
  })
})

describe('the manual of what is refused', () => {
  const manual = textOf('deploy/refusals.md')

  it('R20: has every refusal of the one list, with its answer and its reason', () => {
    const own = { ...TARGET_REFUSALS, ...HEAD_REFUSALS, ...FRAMING_REFUSALS, ...ANSWER_REFUSALS }
    for (const [key, { code }] of Object.entries(own)) {
      const line = manual
        .split('\n')
        .find((each) => each.startsWith(`| \`${key}\` | ${ERRORS[code].status} \`${code}\` | `))
      assert.match(line ?? '', /\| .{20,} \|$/, key)
    }
    for (const { key } of Object.values(UNREADABLE)) assert.ok(manual.includes(`| \`${key}\` |`), key)
  })
})

describe('the example of an instance file', () => {
  const text = textOf('deploy/config.example.yaml')

  it('fits the schema as it is, and says the defaults that the schema has', () => {
    const yaml = readYaml(text, 'config.example.yaml')
    assert.deepEqual([...yaml.problems], [])
    const example = configSchema.parse(yaml.content)
    const least = configSchema.parse({
      store: { redis: 'redis://127.0.0.1:6379' },
      database: { url: 'sqlite:/var/lib/portillon/portillon.sqlite' },
      smtp: { host: 'smtp.example.test' },
      keys: '/var/lib/portillon/keys',
      sites: ['/etc/portillon/sites/onco-hdf.yaml'],
    })
    assert.deepEqual(example, least)
  })

  it('holds every setting, in use or commented out', () => {
    for (const { path } of settingsOf(toJsonSchema(configSchema))) {
      const name = path.split('.').at(-1)?.replace('[]', '') ?? ''
      assert.match(text, new RegExp(`^\\s*#?${name}:`, 'm'), path)
    }
  })

  it('still fits with everything that is commented out put in use', () => {
    const everything = text.replace(/^(\s*)#([a-z-]+:)/gm, '$1$2')
    const yaml = readYaml(everything, 'config.example.yaml')
    const parsed = configSchema.safeParse(yaml.content)
    const places = parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'))
    const passwords = ['directories.annuaire.password', 'smtp.password']
    assert.deepEqual(places, passwords, 'only passwords have no example, and that is right')
  })
})

describe("the editor's schema of a site file", () => {
  it('knows a duration by its pattern and tells in words what is allowed', () => {
    const schema = JSON.parse(textOf('policies/schema.json')) as JsonSchema
    const idle = schema.properties?.['session']?.properties?.['idle']
    assert.equal(idle?.default, '30m')
    assert.ok(new RegExp(idle.pattern ?? '').test('30m'))
    assert.match(idle.patternErrorMessage ?? '', /a whole number and a unit/)
    assert.equal(schema.additionalProperties, false)
  })
})
