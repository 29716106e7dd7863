import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readCsv } from '../../src/lib/csv.ts'
import { readAccounts } from '../../src/accounts/import-file.ts'

const fieldsOf = (text: string, separator: ',' | ';' = ',') => {
  const result = readCsv(text, separator)
  return result.ok ? result.value.map((record) => record.fields) : result.reason
}

describe('CSV', () => {
  it('reads quotes, doubled quotes, separators and line breaks in fields, and every kind of line end', () => {
    assert.deepEqual(fieldsOf('a,"b ""c"", d",\r\n"e\r\nf",,g\n'), [
      ['a', 'b "c", d', ''],
      ['e\r\nf', '', 'g'],
    ])
    assert.deepEqual(fieldsOf('a;b,c;""\rd;e;f', ';'), [
      ['a', 'b,c', ''],
      ['d', 'e', 'f'],
    ])
  })

  it('tells the line on which a record begins, past quoted line breaks and empty lines', () => {
    const result = readCsv('a,b\n"x\ny",c\n\n\r\nd,e', ',')
    assert.ok(result.ok)
    assert.deepEqual(
      result.value.map((record) => record.line),
      [1, 2, 6],
    )
  })

  it('refuses quotes where they mean nothing, instead of guessing', () => {
    assert.deepEqual(fieldsOf('a,b\nc,d"e"\n'), { line: 2, problem: 'quote-inside' })
    assert.deepEqual(fieldsOf('a,b\n"c"d,e\n'), { line: 2, problem: 'text-after-quote' })
    assert.deepEqual(fieldsOf('a,b\n"c,d\n\n'), { line: 2, problem: 'quote-unclosed' })
  })

  it('gives back what was written by the rules, whatever it was', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', '\r', ' ') })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 })), (rows) => {
        const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\r\n')
        assert.deepEqual(fieldsOf(text), rows)
      }),
    )
  })

  it('reads a field of a megabyte', () => {
    assert.deepEqual(fieldsOf(`"${'a""'.repeat(400_000)}"`), [['a"'.repeat(400_000)]])
  })
})

describe('import file', () => {
  it('reads columns in any order, with the semicolons and the mark that French spreadsheets write', () => {
    const result = readAccounts(
      '\ufeffEmail;Family_Name;given_name;login;roles\r\na@example.test;Bel;Ada;a.b;medecin,rcp\r\n;Del;Cyr;c.d;"rcp;3c"\r\n',
    )
    assert.ok(result.ok)
    assert.deepEqual(result.value.faults, [])
    assert.deepEqual(
      result.value.lines.map(({ line, entry }) => [line, entry.login, entry.familyName, entry.email, entry.roles]),
      [
        [2, 'a.b', 'Bel', 'a@example.test', ['medecin', 'rcp']],
        [3, 'c.d', 'Del', null, ['rcp', '3c']],
      ],
    )
  })

  it('refuses a header with unknown, repeated or missing columns, all named at once', () => {
    assert.deepEqual(readAccounts('login,mail,login,family_name\na,b,c,d\n'), {
      ok: false,
      reason: [
        { line: 1, problem: 'column-unknown', column: 'mail' },
        { line: 1, problem: 'column-repeated', column: 'login' },
        { line: 1, problem: 'column-missing', column: 'given_name' },
      ],
    })
  })

  it('refuses a file without accounts, one with broken quotes, and one that is too long', () => {
    const header = 'login,given_name,family_name\n'
    for (const text of ['', '\n\n', header]) {
      assert.deepEqual(readAccounts(text), { ok: false, reason: [{ line: 1, problem: 'file-empty' }] })
    }
    assert.deepEqual(readAccounts(`${header}a,"b,c\n`), { ok: false, reason: [{ line: 2, problem: 'quote-unclosed' }] })
    assert.deepEqual(readAccounts(header + 'a,b,c\n'.repeat(20_001)), {
      ok: false,
      reason: [{ line: 1, problem: 'file-too-long' }],
    })
  })

  it('finds every fault of every line in one reading', () => {
    const result = readAccounts(
      [
        'login,given_name,family_name,email,national_id',
        'a,Ada,Bel,,',
        'A,Ada,Bel,,',
        'b,Ada,Bel',
        ',,,x,y',
        'c,Cyr,Del,,',
      ].join('\n'),
    )
    assert.ok(result.ok)
    assert.deepEqual(
      result.value.lines.map(({ line }) => line),
      [2, 6],
    )
    assert.deepEqual(result.value.faults, [
      { line: 3, problem: 'login-repeated' },
      { line: 4, problem: 'fields-count' },
      { line: 5, problem: 'login-missing' },
      { line: 5, problem: 'given-name-missing' },
      { line: 5, problem: 'family-name-missing' },
      { line: 5, problem: 'email-malformed' },
      { line: 5, problem: 'national-id-malformed' },
    ])
  })
})
