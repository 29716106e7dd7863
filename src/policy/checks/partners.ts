import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { entriesOf, type Draft } from '../../lib/settings/draft.ts'
import { error, warning, type Finding, type SettingPath } from '../../lib/settings/problem.ts'
import { readSecret } from '../../lib/settings/secret-file.ts'
import { readLinkTemplate, separatorsOf } from '../link-template.ts'
import type { Partner } from '../partners.ts'
import type { Site } from '../schema.ts'
import type { Check, CheckContext } from './context.ts'

type PartnerDraft = Draft<Partner>

const KEY_KINDS = ['file', 'url', 'secret-file', 'public-key-file'] as const
/** What names, dates and numbers hold themselves. */
const IN_VALUES = /^[\p{L}\d\s'’.:+-]+$/u

const SECRET = /^[\x21-\x7e]{32,}$/

/** Whether the text of a file is a key set; said in full by the gate itself, which reads it again and again. */
const looksLikeJwks = (file: string): boolean => {
  try {
    const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys?: unknown }
    return Array.isArray(keys) && keys.length > 0
  } catch {
    return false
  }
}

const holdsPrivateKey = (file: string): boolean => {
  const text = readFileSync(file, 'utf8')
  return /"(?:d|p|q|k)"\s*:/.test(text) || text.includes('PRIVATE KEY')
}

const holdsPublicKey = (file: string): boolean => {
  try {
    return createPublicKey(readFileSync(file)).asymmetricKeyType === 'rsa' && !holdsPrivateKey(file)
  } catch {
    return false
  }
}

function* checkKeyFile(path: SettingPath, file: string): Generator<Finding> {
  if (!looksLikeJwks(file))
    yield error(
      path,
      'a file with a JWKS: { "keys": [ … ] }',
      'ask the partner for the public keys of its record system',
    )
  else if (holdsPrivateKey(file))
    yield error(
      path,
      'public keys alone',
      'the partner has sent a private key or a secret: it must make another pair, and send the public half',
    )
}

/** Everybody between here and there could exchange a key that comes without TLS. */
const isSafeAddress = (url: string): boolean => {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1'
}

function* checkKeys(partner: PartnerDraft, path: SettingPath, { directory }: CheckContext): Generator<Finding> {
  const { keys } = partner
  if (keys === undefined) return
  const named = KEY_KINDS.filter((kind) => keys[kind] !== undefined)
  if (named.length !== 1)
    yield error([...path, 'keys'], `exactly one of ${KEY_KINDS.join(', ')}`, 'name where its keys are, once')
  const { file, url, 'secret-file': secretFile, 'public-key-file': publicKey, ca } = keys
  if (publicKey !== undefined && !holdsPublicKey(resolve(directory, publicKey)))
    yield error([...path, 'keys', 'public-key-file'], 'a file with a public key (PEM)', 'ask the partner for it')
  if (ca !== undefined && !existsSync(resolve(directory, ca)))
    yield error([...path, 'keys', 'ca'], 'a file that exists', 'correct the name')
  if (file !== undefined) yield* checkKeyFile([...path, 'keys', 'file'], resolve(directory, file))
  if (url !== undefined && URL.canParse(url) && !isSafeAddress(url))
    yield error([...path, 'keys', 'url'], 'an address that begins with https://', 'ask the partner for it')
  if (secretFile !== undefined) {
    const at = [...path, 'keys', 'secret-file']
    const secret = readSecret(at, secretFile, directory)
    if (!secret.ok) yield secret.reason
    else if (!SECRET.test(secret.value))
      yield error(at, 'one line of at least 32 printable ASCII characters, without blanks', '`openssl rand -base64 48`')
  }
}

/** One kind of key each: where both are accepted, a public key is one slip away from being taken for a secret (J-05). */
function* checkAlgorithms(partner: PartnerDraft, path: SettingPath, site: Draft<Site>): Generator<Finding> {
  const algorithms = entriesOf(partner.algorithms).map(([, name]) => name)
  const isSecret = partner.keys?.['secret-file'] !== undefined
  const isHmac = algorithms.includes('HS256') || partner.link?.signature?.algorithm === 'hmac-sha256'
  if (partner.link === undefined && algorithms.includes('HS256') !== isSecret) {
    yield error(
      [...path, 'algorithms'],
      isSecret ? 'HS256 alone, with a secret' : 'no HS256, with public keys',
      isSecret ? 'write `algorithms: [HS256]`' : 'leave HS256 out',
    )
  }
  if (algorithms.includes('HS256') && algorithms.length > 1)
    yield error([...path, 'algorithms'], 'HS256 alone, or algorithms of public keys', 'take one kind of key')
  if (isHmac && site['contextual-call']?.hmac !== true) {
    yield error(
      [...path, 'algorithms'],
      'signatures with a key pair: `contextual-call.hmac` does not allow secrets',
      'ask the partner for a key pair; if its record system cannot, write `contextual-call: { hmac: true }`',
    )
  }
}

function* checkLink(partner: PartnerDraft, path: SettingPath): Generator<Finding> {
  const { link, keys } = partner
  if (link === undefined) return
  const at = [...path, 'link']
  const fields = Object.entries(link.fields ?? {})
  const stands = fields.map(([, field]) => field)
  for (const needed of ['user', 'time'])
    if (!stands.includes(needed))
      yield error(
        [...at, 'fields'],
        `a parameter that stands for \`${needed}\``,
        'without it, a link cannot be verified',
      )
  if (new Set(stands).size < stands.length) yield error([...at, 'fields'], 'each meaning once', 'remove one')
  const over = link.signature?.over ?? ''
  const unsigned = fields.filter(([name]) => !over.includes(`{${name}}`)).map(([name]) => name)
  if (unsigned.length > 0)
    yield error(
      [...at, 'signature', 'over'],
      `\`{${unsigned.join('}`, `{')}}\` in what is signed`,
      'what is not signed can be exchanged by anybody: take it out of `fields`, or have it signed',
    )
  const separators = separatorsOf(readLinkTemplate(over))
  if (separators.includes(''))
    yield error(
      [...at, 'signature', 'over'],
      'a separator between any two values',
      'without one, letters can be moved from one value into the next under the same signature: agree on a separator, or on signed calls',
    )
  if (separators.some((text) => text !== '' && IN_VALUES.test(text)))
    yield warning(
      [...at, 'signature', 'over'],
      'separators that no value holds, such as `|`',
      'a link in which one could stand at another place is refused (`link-ambiguous`)',
    )
  if (partner.users === 'either')
    yield error([...path, 'users'], 'national-id or local-id: a link does not say which', 'choose one')
  if (!stands.includes('nonce'))
    yield warning([...at, 'fields'], 'a `nonce`', 'without one, the signature itself counts as what is used once')
  const needed = link.signature?.algorithm === 'rsa-sha256' ? 'public-key-file' : 'secret-file'
  if (link.signature?.algorithm !== undefined && keys?.[needed] === undefined)
    yield error([...path, 'keys'], `\`${needed}\` for ${link.signature.algorithm}`, 'name the file')
}

function* checkOne(partner: PartnerDraft, at: number, site: Draft<Site>, context: CheckContext): Generator<Finding> {
  const path = ['partners', at]
  yield* checkKeys(partner, path, context)
  yield* checkAlgorithms(partner, path, site)
  yield* checkLink(partner, path)
  if (partner.get === true && site['contextual-call']?.get !== true)
    yield error(
      [...path, 'get'],
      'false: `contextual-call.get` does not allow GET',
      'let the record system send a form',
    )
  if (partner.until !== undefined && partner.until < context.today)
    yield warning(
      [...path, 'until'],
      `today, ${context.today}, or a later day`,
      'its calls are refused: renew it, or remove it',
    )
  if (partner.from !== undefined && partner.until !== undefined && partner.from > partner.until)
    yield error([...path, 'from'], 'a day not after `until`', 'exchange the two days, or remove one')
  if (partner.test === true && site.training !== true)
    yield warning(
      [...path, 'test'],
      'false, once it works',
      'a partner under integration is told what is wrong with its calls',
    )
  if (partner.caller?.acr === undefined && partner.caller?.amr === undefined)
    yield warning(
      [...path, 'caller'],
      'the `acr` or `amr` that its own sign-in must have reached (indirect identification, RIE)',
      'write what the partner has committed itself to, `caller: { amr: [mfa, sc] }`',
    )
}

/** Establishments that may call: one key source each, nothing that anybody else could sign, what they have committed themselves to. */
export const checkPartners: Check = function* (site, context) {
  const partners = entriesOf(site.partners)
  for (const name of ['id', 'finess'] as const) {
    const seen = new Map<string, number>()
    for (const [at, partner] of partners) {
      const value = partner[name]
      if (value === undefined) continue
      const first = seen.get(value)
      if (first === undefined) seen.set(value, at)
      else yield error(['partners', at, name], `a \`${name}\` that no other partner has`, `partners[${first}] has it`)
    }
  }
  for (const [at, partner] of partners) yield* checkOne(partner, at, site, context)
  const isCalled = site['contextual-call'] !== undefined
  if (partners.length > 0 && !isCalled)
    yield error(
      ['partners'],
      'a `contextual-call` section',
      'say how the application is told: `contextual-call: { deliver: … }`',
    )
}
