import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { maskEmail } from '../../src/lib/masked-email.ts'

describe('maskEmail', () => {
  it('keeps the first letter of each part and the domain', () => {
    assert.equal(maskEmail('jean.dupont@hopital.example.test'), 'j***.d***@hopital.example.test')
    assert.equal(maskEmail('zoe@example.test'), 'z***@example.test')
  })

  it('does not tell how long a part is', () => {
    assert.equal(maskEmail('j.d@example.test'), maskEmail('jacqueline.durand@example.test'))
  })

  it('takes the last at sign as the start of the domain', () => {
    assert.equal(maskEmail('"a@b".c@example.test'), '"***.c***@example.test')
  })

  it('keeps a first letter whole that needs two UTF-16 units', () => {
    assert.equal(maskEmail('𝒵oé.œuvrard@example.test'), '𝒵***.œ***@example.test')
  })

  it('shows at most one letter of each part, whatever the address', () => {
    const part = fc.stringMatching(/^[a-zé]{2,20}$/)
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const [local = ''] = maskEmail(`${parts.join('.')}@example.test`).split('@')
        assert.deepEqual(
          local.split('.'),
          parts.map((text) => `${text[0] ?? ''}***`),
        )
      }),
    )
  })
})
