import nodemailer, { type NodemailerError } from 'nodemailer'
import type { Config } from '../config/schema.ts'
import { accept, refuse } from '../lib/result.ts'
import type { Letter } from './letter.ts'
import type { DeliveryFailure, MailTransport } from './transport.ts'

export interface SmtpTransportOptions {
  /** Connections to the server at once. */
  readonly connections?: number
  /** Certificate authorities (PEM) instead of those of the system, for a relay with a certificate of the establishment. */
  readonly ca?: string
}

const DEFAULT_CONNECTIONS = 4
/** A pooled connection is given back before a server grows tired of it; sign-ins come in bursts at the hour. */
const IDLE = 30_000

/** Certificate and STARTTLS faults: trying again would only give an attacker on the line more chances (G-08). */
const TLS_FAULTS: ReadonlySet<string> = new Set(['ETLS', 'EREQUIRETLS'])
const CERTIFICATE_FAULT = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH)/
const CONNECTION_FAULTS: ReadonlySet<string> = new Set(['ECONNECTION', 'ESOCKET', 'EDNS'])

const isTlsFault = ({ code = '', originalCode = '' }: NodemailerError) =>
  TLS_FAULTS.has(code) || CERTIFICATE_FAULT.test(originalCode) || CERTIFICATE_FAULT.test(code)

/** Sorts an error of nodemailer by its codes, never by its text. */
const failureOf = (error: NodemailerError, isStopped: boolean): DeliveryFailure => {
  const { code = '', responseCode, permanent } = error
  const status = responseCode === undefined ? {} : { status: responseCode }
  if (isStopped) return { reason: 'stopped', mayRetry: false }
  if (isTlsFault(error)) return { reason: 'tls-refused', mayRetry: false }
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    return { reason: 'login-refused', mayRetry: permanent === false, ...status }
  }
  if (permanent !== undefined) return { reason: permanent ? 'refused' : 'deferred', mayRetry: !permanent, ...status }
  if (code === 'ETIMEDOUT') return { reason: 'timed-out', mayRetry: true }
  if (CONNECTION_FAULTS.has(code)) return { reason: 'unreachable', mayRetry: true }
  return { reason: 'fault', mayRetry: false }
}

const poolFor = (smtp: NonNullable<Config['smtp']>, options: SmtpTransportOptions) =>
  nodemailer.createTransport({
    pool: true,
    host: smtp.host,
    port: smtp.port,
    secure: smtp.security === 'tls',
    // A stripped STARTTLS offer is an error, not a mail in clear (G-08).
    requireTLS: smtp.security === 'starttls',
    ignoreTLS: smtp.security === 'none',
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(options.ca === undefined ? {} : { ca: options.ca }) },
    ...(smtp.user === undefined ? {} : { auth: { user: smtp.user, pass: smtp.password ?? '' } }),
    // E-02: the defaults of nodemailer are 2 minutes, 30 seconds and 10 minutes.
    connectionTimeout: smtp.timeout,
    greetingTimeout: smtp.timeout,
    socketTimeout: smtp.timeout,
    dnsTimeout: smtp.timeout,
    socketCloseTimeout: 0,
    maxResponseSize: 64_000,
    maxConnections: options.connections ?? DEFAULT_CONNECTIONS,
    maxRequeues: 0,
    idleTimeout: IDLE,
    // No content of ours names a file or an address to fetch; should a value ever do so, nothing is read.
    disableFileAccess: true,
    disableUrlAccess: true,
    maxRecipients: 1,
  })

/** Addresses go as objects and the envelope is spelt out, so that no address list is ever parsed (T-10). */
const messageOf = (letter: Letter) => ({
  from: { name: letter.from.name, address: letter.from.address },
  to: { name: '', address: letter.to },
  envelope: { from: letter.from.address, to: [letter.to] },
  messageId: `<${letter.id}>`,
  date: letter.date,
  subject: letter.subject,
  text: letter.text,
  html: letter.html,
  xMailer: false as const,
  headers: {
    'Content-Language': letter.language,
    // RFC 3834: no absence notice comes back; the second is what Exchange reads.
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
  },
})

/** Mail by SMTP, over a few connections that are kept open. Certificates are always verified. */
export const createSmtpTransport = (
  smtp: NonNullable<Config['smtp']>,
  options: SmtpTransportOptions = {},
): MailTransport => {
  const pool = poolFor(smtp, options)
  return {
    deliver: async (letter, signal) => {
      try {
        await pool.sendMail({ ...messageOf(letter), signal })
        return accept(undefined)
      } catch (error) {
        return refuse(failureOf(error as NodemailerError, signal.aborted))
      }
    },
    close: () => pool.close({ force: true }),
  }
}
