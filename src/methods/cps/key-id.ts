import { hash, type KeyObject } from 'node:crypto'

/** What lists and answers of an authority are kept under: whoever has its key is the authority. */
export const keyIdOf = (key: KeyObject): string =>
  hash('sha256', key.export({ type: 'spki', format: 'der' }), 'base64url')
