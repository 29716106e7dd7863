import { z } from 'zod'
import { duration, matching, text } from '../lib/settings/fields.ts'
import { localized } from './localized.ts'

/**
 * Providers that say who somebody is by OpenID Connect. Pro Santé Connect is one of them with defaults of its own; whatever
 * its published facts leave uncertain is a setting here.
 */

/** What a provider may sign with: key pairs alone, so that nobody who can read our settings can sign in its name. */
export const PROVIDER_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

const url = (words: string) => matching(/^https?:\/\/[^\s?#]+$/, words)
const level = z.union([z.literal(1), z.literal(2), z.literal(3)])
const claim = matching(/^[A-Za-z0-9_:./#-]{1,120}$/, 'the name of a claim')
const file = (description: string) => text(500, `${description}, relative to the site file.`)

const acr = (accepted: Record<string, 1 | 2 | 3>, absent: 'refused' | 1 | 2 | 3) =>
  z
    .strictObject({
      accepted: z
        .record(text(200, 'A value of `acr`.'), level)
        .default(accepted)
        .describe(
          'The values of `acr` that are accepted, and the highest level that each gives; every other value is refused.',
        ),
      absent: z
        .union([z.literal('refused'), level])
        .default(absent)
        .describe('What an answer without `acr` is worth: `refused`, or the highest level that it gives.'),
    })
    .prefault({})
    .describe('How strong the proof is that the provider says it had. The level of the way is never exceeded.')

const button = z
  .strictObject({
    text: localized(120, 'Text of the button, in place of ours.').optional(),
    logo: file(
      'Picture beside the text (SVG or PNG), such as the official mark, which its owner hands out and this product does not contain',
    ).optional(),
  })
  .prefault({})
  .describe('The button on the sign-in page.')

/** What both sections have. */
const common = {
  'client-id': text(200, 'The name under which the provider knows this site.'),
  'client-secret-file': file('File with the secret of the client, mode 0600 or 0640; not with `tls`').optional(),
  authentication: z
    .enum(['client-secret-basic', 'client-secret-post', 'tls'])
    .optional()
    .describe(
      'How the gate proves to the provider that it is this client; by default `tls` where there is a certificate and no secret, else `client-secret-basic`.',
    ),
  certificate: z
    .strictObject({
      certificate: file('Certificate chain, PEM'),
      key: file('Its private key, PEM without a password, mode 0600 or 0640'),
    })
    .describe('The TLS client certificate that the gate presents on every call to the provider (RFC 8705).')
    .optional(),
  ca: file(
    "Certificates that the provider's servers are verified with, PEM; those of the system without it",
  ).optional(),
  algorithms: z
    .array(z.enum(PROVIDER_ALGORITHMS))
    .min(1)
    .default(['RS256', 'PS256', 'ES256'])
    .describe('What the provider may sign with; nothing else is looked at.'),
  'max-age': duration(
    'How long ago, at most, the person may have proved to the provider who they are; without it, as long as the provider remembers them. It then has to say when (`auth_time`).',
  ).optional(),
  'clock-skew': duration('What the clocks of the provider and of the gate may differ.').prefault('30s'),
  timeout: duration('How long one call to the provider may take, from beginning to end.').prefault('5s'),
  'sign-out': z
    .enum(['provider', 'local'])
    .default('provider')
    .describe(
      'Whether signing out here also leads to the sign-out of the provider: `provider`, or `local` where people keep using it for other services.',
    ),
  button,
}

export const proSanteConnect = z
  .strictObject({
    environment: z
      .enum(['production', 'test'])
      .default('production')
      .describe(
        'Which Pro Santé Connect: that of professionals, or the one for tests (BAS), whose identifiers need not be real ones.',
      ),
    issuer: url('https:// and a host, no slash at the end unless the provider writes one')
      .describe('Its issuer, to the character, where it is not the known one of that environment.')
      .optional(),
    discovery: matching(/^\/[A-Za-z0-9/._-]{1,200}$/, 'a path')
      .default('/.well-known/wallet-openid-configuration')
      .describe('Where its description lies, below the issuer. Only this one names the host on which people sign in.'),
    scope: text(200, 'What is asked for; `scope_all` alone returns the identity of the sector.').default(
      'openid scope_all',
    ),
    'acr-values': text(200, 'What is asked for as `acr_values`.').default('eidas1'),
    acr: acr({ eidas1: 2, eidas2: 3, eidas3: 3 }, 'refused'),
    'national-id': z
      .array(claim)
      .min(1)
      .default(['SubjectNameID'])
      .describe(
        'Claims of the userinfo that hold the PS_IdNat, the key of the account; the first that is there counts.',
      ),
    practices: z
      .enum(['ask', 'ignore'])
      .default('ignore')
      .describe(
        'Pro Santé Connect names all the practices of a person. `ask`: with one it is taken, with several the person chooses before their session opens, and may have the choice remembered; the application is told by the fields `practice-…` of `identity.headers` and the claim `practice` of the assertion. `ignore`: nobody is asked, and nothing is told.',
      ),
    ...common,
  })
  .describe('Pro Santé Connect, the identity provider of health professionals (ANS).')
  .optional()

export const oidc = z
  .strictObject({
    name: localized(60, 'What people call the provider, as in « Se connecter avec … ».'),
    issuer: url('https:// and a host, no slash at the end unless the provider writes one').describe(
      'The issuer of the provider, to the character.',
    ),
    discovery: matching(/^\/[A-Za-z0-9/._-]{1,200}$/, 'a path')
      .default('/.well-known/openid-configuration')
      .describe('Where its description lies, below the issuer.'),
    scope: text(200, 'What is asked for.').default('openid'),
    'acr-values': text(200, 'What is asked for as `acr_values`.').optional(),
    acr: acr({}, 'refused'),
    key: z
      .enum(['national-id', 'subject'])
      .default('subject')
      .describe(
        'What finds the account: `national-id`, the PS_IdNat in a claim, for a provider that has verified it; `subject`, issuer and `sub`, linked to the account beforehand. Never the e-mail address.',
      ),
    'national-id': z
      .array(claim)
      .default([])
      .describe(
        'Claims of the userinfo that hold the PS_IdNat, for `key: national-id`; the first that is there counts.',
      ),
    ...common,
  })
  .describe("Another OpenID Connect provider, such as a hospital's own or ProConnect.")
  .optional()

/** Where Pro Santé Connect lives (facts: ANS, discovery documents). */
export const PRO_SANTE_CONNECT_ISSUERS = {
  production: 'https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet',
  test: 'https://auth.bas.psc.esante.gouv.fr/auth/realms/esante-wallet',
} as const
