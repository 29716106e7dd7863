import type { Call } from '../call.ts'
import { html, nothing, type Html } from '../html.ts'
import { receivedHeaders, type ReceivedHeader } from '../identity-headers.ts'
import type { SignatureVerdict } from '../signature.ts'
import { layout } from './layout.ts'

/** What `/dcc/whoami` answers to a script. */
export interface Whoami {
  readonly method: string
  /** The request target exactly as received. */
  readonly url: string
  readonly identity: readonly ReceivedHeader[]
  readonly headers: readonly ReceivedHeader[]
  readonly assertion:
    | { readonly verified: true; readonly claims: Readonly<Record<string, unknown>> }
    | { readonly verified: false; readonly reason: string }
  /** Of the request; null where none is asked for. */
  readonly signature: SignatureVerdict | null
}

export const whoami = (call: Call): Whoami => {
  const { identity, other } = receivedHeaders(call.request)
  const { visitor } = call
  return {
    method: call.method,
    url: call.rawUrl,
    identity,
    headers: other,
    assertion: visitor.verified
      ? { verified: true, claims: visitor.claims }
      : { verified: false, reason: visitor.reason },
    signature: call.signature,
  }
}

const TIME_CLAIMS = new Set(['iat', 'exp', 'auth_time'])

const claimValue = (name: string, value: unknown): string => {
  if (typeof value === 'number' && TIME_CLAIMS.has(name)) return `${value} (${new Date(value * 1000).toISOString()})`
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : JSON.stringify(value)
}

const claimRows = (claims: Readonly<Record<string, unknown>>): Html[] =>
  Object.entries(claims).map(
    ([name, value]) =>
      html`<tr>
        <th>${name}</th>
        <td>${claimValue(name, value)}</td>
      </tr>`,
  )

/** A token is long and nobody reads it: it stands last and small, what it says stands in the claims. */
const ASSERTION = /^x-portillon-assertion$/i

const headerRow = ({ name, raw, value }: ReceivedHeader): Html => {
  const shown = ASSERTION.test(name) ? html`<code>${raw}</code>` : value === '' ? html`<i>(vide)</i>` : html`${value}`
  const asSent = raw === value ? nothing : html`<br /><code>${raw}</code>`
  return html`<tr>
    <th>${name}</th>
    <td>${shown}${asSent}</td>
  </tr>`
}

const table = (id: string, rows: readonly Html[]): Html =>
  rows.length === 0
    ? html`<p class="quiet">Aucun.</p>`
    : html`<table class="form headers" id="${id}">
        ${rows}
      </table>`

const verdict = (assertion: Whoami['assertion']): Html =>
  assertion.verified
    ? html`<p class="verdict verified" id="verdict">Signature vérifiée avec la clé publique de la passerelle</p>
        ${table('claims', claimRows(assertion.claims))}`
    : html`<p class="verdict unverified" id="verdict">Identité non vérifiée : ${assertion.reason}</p>`

const signatureVerdict = (signature: SignatureVerdict | null): Html => {
  if (signature === null) return nothing
  return signature.verified
    ? html`<p class="verdict verified" id="signature">
          Requête signée par la passerelle (RFC 9421), vérifiée et jamais reçue auparavant
        </p>
        <p class="quiet">Signés : ${signature.covered.join(', ')}</p>`
    : html`<p class="verdict unverified" id="signature">${signature.reason}</p>`
}

/** « Ce que le DCC a reçu »: for whoever sets the gate up, and for the curious. */
export const whoamiPage = (call: Call): Html => {
  const { assertion, signature, identity, headers, method, url } = whoami(call)
  const tokenLast = [...identity].sort((a, b) => Number(ASSERTION.test(a.name)) - Number(ASSERTION.test(b.name)))
  return layout(call, {
    title: 'Ce que le DCC a reçu',
    section: 'recu',
    toolbar: html`<code>${method} ${url}</code>`,
    body: html`
      <div class="columns">
        <div class="box">
          <h2>Signatures</h2>
          ${signatureVerdict(signature)} ${verdict(assertion)}
        </div>
        <div class="box">
          <h2>En-têtes d’identité</h2>
          ${table('identity', tokenLast.map(headerRow))}
        </div>
      </div>
      <h2>Autres en-têtes</h2>
      ${table('headers', headers.map(headerRow))}
    `,
  })
}
