import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readSecret } from '../../src/lib/settings/secret-file.ts'
import { createTempFolder } from '../kit/temp-folder.ts'

const PATH = ['smtp', 'password-file']

describe('a file that holds a secret', () => {
  const folder = createTempFolder('secrets')
  const file = join(folder.path, 'smtp-password')
  writeFileSync(file, 'canary\n')
  const readWith = (mode: number) => {
    chmodSync(file, mode)
    return readSecret(PATH, 'smtp-password', folder.path)
  }

  it('is read when its owner alone can, or its group as well, as systemd and Kubernetes hand it over', () => {
    for (const mode of [0o600, 0o400, 0o440, 0o640])
      assert.deepEqual(readWith(mode), { ok: true, value: 'canary' }, mode.toString(8))
  })

  it('G-06: is refused when others can read it or its group can change it, and its content is not repeated', () => {
    for (const mode of [0o644, 0o604, 0o660, 0o444, 0o602]) {
      const refused = readWith(mode)
      assert.equal(refused.ok, false, mode.toString(8))
      const said = JSON.stringify(refused)
      assert.match(said, new RegExp(`its mode is ${mode.toString(8).padStart(4, '0')}: run .chmod 600`))
      assert.doesNotMatch(said, /canary/)
    }
  })
})
