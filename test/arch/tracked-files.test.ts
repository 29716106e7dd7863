import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ERRORS } from '../../src/lib/errors.ts'
import { toolPackages } from '../kit/tools.ts'
import { FORBIDDEN_TEXT } from './rules.ts'
import { readText, trackedFiles } from './source.ts'

const none = (found: readonly string[]) => assert.equal(found.join('\n'), '')

const isText = (file: string) => !/\.(?:png|jpe?g|ico|gif|webp|woff2?|pdf|zip|gz)$/.test(file)

describe('tracked files', () => {
  it('contain nothing that belongs to one machine, one registry or one afternoon', () => {
    const files = trackedFiles().filter(isText)
    assert.ok(files.length > 100, 'git lists the files of this checkout')
    none(
      files.flatMap((file) => {
        const text = readText(file)
        return FORBIDDEN_TEXT.filter(({ except }) => except?.test(file) !== true).flatMap(({ pattern, because }) => {
          const found = pattern.exec(text)
          if (found === null) return []
          return [`${file}:${text.slice(0, found.index).split('\n').length}: ${JSON.stringify(found[0])}: ${because}`]
        })
      }),
    )
  })

  it('can be installed without a compiler: the lock file says which package brings its binary', () => {
    // npm builds a package that has a binding.gyp unless told not to, and forgets in the lock file that it was told.
    const { packages } = JSON.parse(readText('package-lock.json')) as {
      packages: Record<string, { gypfile?: boolean }>
    }
    assert.equal(packages['node_modules/better-sqlite3']?.gypfile, false, 'npm run format puts it back')
  })

  it('install for the tests every program that they ask for', () => {
    const listed = [...readText('test/run').matchAll(/^([a-z0-9-]+)\|/gm)].map(([, name]) => name)
    none(toolPackages.filter((name) => !listed.includes(name)).map((name) => `test/run does not install ${name}`))
  })
})

describe('the texts of refusals and faults', () => {
  for (const language of ['fr', 'en']) {
    const texts = JSON.parse(readText(`templates/locales/${language}.json`)) as Record<string, string>
    const parts = ['title', 'what', 'next'] as const

    it(`exist in ${language} for every code: what it is, what happened, what to do next`, () => {
      const keys = Object.keys(ERRORS).flatMap((code) => parts.map((part) => `errors.${code}.${part}`))
      none(keys.filter((key) => (texts[key] ?? '').trim() === '').map((key) => `${language}.json: no ${key}`))
    })

    it(`exist in ${language} for no code that was given up`, () => {
      const codes = Object.keys(texts).flatMap((key) => /^errors\.([^.]+)\.[^.]+$/.exec(key)?.[1] ?? [])
      none([...new Set(codes)].filter((code) => !(code in ERRORS)).map((code) => `${language}.json: errors.${code}`))
    })
  }

  it('exist in both languages or in none', () => {
    const [french, english] = ['fr', 'en'].map((language) =>
      Object.keys(JSON.parse(readText(`templates/locales/${language}.json`)) as object).sort(),
    )
    assert.deepEqual(english, french)
  })
})
