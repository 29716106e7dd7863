import type { Patient } from '../data.ts'
import { html, nothing, type Html } from '../html.ts'
import type { DpiUser } from './call.ts'

const layout = (title: string, user: DpiUser | null, body: Html): string =>
  `<!doctype html>${
    html`<html lang="fr">
      <head>
        <meta charset="utf-8" />
        <title>${title} – DPI de démonstration</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="stylesheet" href="/dpi.css" />
      </head>
      <body>
        <header>
          <p><b>DPI</b> Centre hospitalier fictif – données inventées</p>
          ${user === null ? nothing : html`<p id="user">${user.name} · <a href="/">changer d’utilisateur</a></p>`}
        </header>
        <main>${body}</main>
      </body>
    </html>`.markup
  }`

const nameOf = ({ familyName, givenName }: Patient): string => `${familyName} ${givenName}`

export const usersPage = (users: readonly DpiUser[]): string =>
  layout(
    'Utilisateur',
    null,
    html`<h1>Qui utilise le DPI ?</h1>
      <ul>
        ${users.map((user) => html`<li><a href="/patients?user=${user.id}">${user.name}</a></li>`)}
      </ul>`,
  )

export const patientsPage = (user: DpiUser, patients: readonly Patient[]): string =>
  layout(
    'Patients',
    user,
    html`<h1>Patients du service</h1>
      <ul>
        ${patients.map(
          (patient) => html`<li><a href="/patient?user=${user.id}&amp;id=${patient.id}">${nameOf(patient)}</a></li>`,
        )}
      </ul>`,
  )

/** The button sends to the record system itself: the call is signed at the click, not with the page. */
const button = (user: DpiUser, patient: Patient, target: string, label: string): Html =>
  html`<form method="post" action="/ouvrir" target="${target}">
    <input type="hidden" name="user" value="${user.id}" />
    <input type="hidden" name="id" value="${patient.id}" />
    <button>${label}</button>
  </form>`

export const patientPage = (user: DpiUser, patient: Patient): string =>
  layout(
    nameOf(patient),
    user,
    html`<h1>${nameOf(patient)}</h1>
      <dl>
        <dt>Né(e) le</dt>
        <dd>${patient.born}</dd>
        <dt>IPP</dt>
        <dd>${patient.id}</dd>
        <dt>Motif</dt>
        <dd>${patient.disease}</dd>
      </dl>
      ${button(user, patient, '_blank', 'Ouvrir le DCC')} ${button(user, patient, '_self', 'Ouvrir le DCC ici')}
      ${button(user, patient, 'dcc', 'Ouvrir le DCC dans un cadre')}
      <p><a href="/patients?user=${user.id}">Autres patients</a></p>
      <iframe name="dcc" title="DCC"></iframe>`,
  )

/** What the browser is given at the click: a form that goes to the gate, by itself where there are scripts. */
export const handOverPage = (address: string, token: string): string =>
  layout(
    'Ouverture du DCC',
    null,
    html`<form id="call" method="post" action="${address}">
        <input type="hidden" name="token" value="${token}" />
        <button>Continuer vers le DCC</button>
      </form>
      <script src="/dpi.js"></script>`,
  )

export const SCRIPT = "document.getElementById('call').submit()\n"

export const SHEET = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f3f6f4;color:#14202a}
header{display:flex;justify-content:space-between;gap:1rem;padding:.5rem 1.5rem;background:#1f5c46;color:#fff}
header a{color:#fff}main{padding:1rem 1.5rem;max-width:60rem}form{display:inline-block;margin:.5rem .5rem .5rem 0}
button{font:inherit;padding:.5rem 1rem;min-height:44px;border:1px solid #1f5c46;border-radius:6px;background:#1f5c46;color:#fff}
dl{display:grid;grid-template-columns:8rem 1fr}dd{margin:0}iframe{width:100%;height:40rem;border:1px solid #8a949c;background:#fff}
`
