import { z } from 'zod'
import { duration, matching, text } from '../lib/settings/fields.ts'
import { pathPattern } from './path-pattern.ts'

/** A cookie's name as browsers take it (RFC 6265 §4.1.1), or `*` for all. */
const cookieName = matching(/^(?:\*|[!#$%&'+.^`|~\w-]{1,128})$/, 'the name of a cookie, or `*` for all of them')
const domain = matching(
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/,
  'a domain in lower case, without a dot before it',
)

/** Protecting headers that are added to answers of the application. */
export const ADDED_HEADERS = [
  'X-Content-Type-Options',
  'X-Frame-Options',
  'Referrer-Policy',
  'Cross-Origin-Resource-Policy',
] as const
export type AddedHeader = (typeof ADDED_HEADERS)[number]

/** The block `upstream` of a site file. */
export const upstream = z
  .strictObject({
    url: matching(/^https?:\/\/[A-Za-z0-9.\-[\]:]+$/, 'http:// or https://, a host and a port, no path').meta({
      description: 'Its address.',
      examples: ['http://webdcr.internal:8080'],
    }),
    ca: text(
      500,
      'File with the certificate authorities that may sign the upstream (PEM), instead of those of the system.',
    ).optional(),
    host: z
      .enum(['public', 'upstream'])
      .default('public')
      .describe('Which Host header the application receives: the public name that was asked for, or its own.'),
    connect: duration('How long a connection may take to open.').prefault('3s'),
    'first-byte': duration('How long the application may take to begin its answer.').prefault('60s'),
    idle: duration('How long an answer or an upload may stand still.').prefault('60s'),
    connections: z
      .int()
      .min(1)
      .max(4096)
      .default(256)
      .describe(
        'Requests that may be with the application at one time, each on a connection of its own, per process. Event streams and long polls hold one for as long as they are open.',
      ),
    queue: z
      .int()
      .min(0)
      .max(10_000)
      .default(512)
      .describe(
        'Requests that may wait for one of those connections, per process. What comes beyond them is answered 503 at once.',
      ),
    'queue-time': duration('How long a request may wait there; after that it is answered 503.').prefault('10s'),
    'web-sockets': z
      .int()
      .min(0)
      .max(65_536)
      .default(2048)
      .describe(
        'WebSockets to the application that may be open at one time, per process, beside those connections. Further handshakes are answered 503.',
      ),
    closed: z
      .array(pathPattern)
      .default(['/manager/**', '/host-manager/**', '/**/WEB-INF/**', '/**/META-INF/**', '/**/j_security_check'])
      .describe(
        'What belongs to the servlet container and not to its users: 403 for everybody, before any rule is asked, in upper and lower case (P-14).',
      ),
    cookies: z
      .strictObject({
        'http-only': z
          .array(cookieName)
          .default([])
          .describe(
            'Cookies that no script of the application reads: HttpOnly is added to them. `JSESSIONID` belongs here, unless a script sends it on (old GWT forms of protection do).',
          ),
        'same-site': z
          .enum(['lax', 'as-said'])
          .default('lax')
          .describe('What is added where the application says nothing: SameSite=Lax, or nothing.'),
        domains: z
          .array(domain)
          .default([])
          .describe(
            'Domains that the application may share its cookies with. Any other `Domain` is taken out, and the cookie stays with the host that was asked for.',
          ),
      })
      .prefault({})
      .describe('Cookies that the application sets (S-15). `Secure` is always added where the site is https.'),
    'headers-not-added': z
      .array(z.enum(ADDED_HEADERS))
      .default([])
      .describe(
        'Protecting headers that are not added to answers of the application, because a page of it does not bear them. What the application says itself is never replaced, but for Strict-Transport-Security.',
      ),
  })
  .describe('The application behind the gate.')
