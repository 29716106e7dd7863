import type { Call } from '../call.ts'
import { frenchTime } from '../dates.ts'
import { html, nothing, type Html } from '../html.ts'
import { displayName, displayRoles } from '../person.ts'

export interface Frame {
  readonly title: string
  /** The entry of the navigation that is shown as open. */
  readonly section: Section
  readonly toolbar?: Html
  readonly body: Html
}

const SECTIONS = {
  accueil: { label: 'Accueil', path: '/dcc/ui/GwtDCR.jsp', icon: 'home' },
  patients: { label: 'Liste des patients', path: '/dcc/ui/patients.jsp', icon: 'people' },
  calendrier: { label: 'Calendrier des RCP', path: '/dcc/ui/calendrier.jsp', icon: 'calendar' },
  documents: { label: 'Documents', path: '/dcc/ui/documents.jsp', icon: 'folder' },
  direct: { label: 'Activité en direct', path: '/dcc/ui/direct.jsp', icon: 'pulse' },
  recu: { label: 'Ce que le DCC a reçu', path: '/dcc/whoami', icon: 'lens' },
  admin: { label: 'Administration', path: '/dcc/admin/', icon: 'wrench' },
} as const
export type Section = keyof typeof SECTIONS

const entries = Object.entries(SECTIONS) as [Section, (typeof SECTIONS)[Section]][]

const link =
  (open: Section) =>
  ([section, { label, path, icon }]: (typeof entries)[number]) =>
    html`<li><a href="${path}" class="icon ${icon}${section === open ? ' open' : ''}">${label}</a></li>`

/** Who is signed in, as the assertion says; nothing else is believed. */
const person = (call: Call): Html =>
  call.visitor.verified
    ? html`<b id="person">${displayName(call.visitor)}</b><span id="roles">${displayRoles(call.visitor)}</span>`
    : html`<b id="person" class="unverified">identité non vérifiée</b><span id="roles">${call.visitor.reason}</span>`

const startMenu = (frame: Frame): Html =>
  html` <div id="start-menu" role="menu" hidden>
    <ul>
      ${entries.map(link(frame.section))}
      <li class="separator"></li>
      <li><a href="/dcc/logout" class="icon door">Déconnexion</a></li>
    </ul>
  </div>`

/** The window, the navigation and the task bar that every page of the application stands in. */
export const layout = (call: Call, frame: Frame): Html =>
  html`<!DOCTYPE html>
    <html lang="fr">
      <head>
        <meta charset="UTF-8" />
        <meta http-equiv="X-UA-Compatible" content="IE=9" />
        <meta name="viewport" content="width=device-width" />
        <meta name="gwt:property" content="locale=fr" />
        <title>${frame.title} - DCC</title>
        <link rel="stylesheet" href="/dcc/static/dcc.css" />
        <link rel="icon" href="/dcc/static/logo.png" />
      </head>
      <body>
        <div id="banner">
          <img src="/dcc/static/logo.png" alt="" width="34" height="34" />
          <div id="product">
            <b>DCC</b> Dossier Communicant de Cancérologie<br /><span>Réseau régional de démonstration</span>
          </div>
          <div id="base">Base de démonstration : patients et dossiers fictifs</div>
          <div id="who">${person(call)}</div>
        </div>
        <div id="session-lost" hidden>
          Votre session est terminée. <a href="">Recharger la page</a> pour vous identifier à nouveau.
        </div>
        <div id="desk">
          <div id="navigation" class="panel">
            <div class="panel-title">Navigation</div>
            <ul>
              ${entries.map(link(frame.section))}
            </ul>
          </div>
          <div id="window" class="panel">
            <h1 class="panel-title">${frame.title}</h1>
            ${frame.toolbar === undefined ? nothing : html`<div class="toolbar">${frame.toolbar}</div>`}
            <div class="panel-body">${frame.body}</div>
          </div>
        </div>
        ${startMenu(frame)}
        <div id="taskbar">
          <button id="menu" type="button" aria-haspopup="true" aria-expanded="false">Menu</button>
          <a class="task open" href="">${frame.title}</a>
          <span id="alerts" aria-live="polite"></span>
          <span id="clock">${frenchTime(call.now)}</span>
        </div>
        <script src="/dcc/static/dcc.js"></script>
        <!-- The one line that the gate offers to applications: warning before the end, sign-in beside the page. -->
        <script src="/_portillon/assets/session.js" defer></script>
      </body>
    </html>`
