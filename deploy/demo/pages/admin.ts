import type { Call } from '../call.ts'
import { frenchMoment } from '../dates.ts'
import { html, type Html } from '../html.ts'
import { layout } from './layout.ts'

export interface ServerState {
  readonly startedAt: number
  readonly served: number
  readonly sessions: number
  readonly sockets: number
}

export const adminPage = (call: Call, state: ServerState): Html =>
  layout(call, {
    title: 'Administration',
    section: 'admin',
    body: html`<table class="form">
      <tr>
        <th>Serveur démarré le</th>
        <td>${frenchMoment(state.startedAt)}</td>
      </tr>
      <tr>
        <th>Requêtes servies</th>
        <td>${state.served}</td>
      </tr>
      <tr>
        <th>Sessions JSESSIONID</th>
        <td>${state.sessions}</td>
      </tr>
      <tr>
        <th>WebSockets ouverts</th>
        <td>${state.sockets}</td>
      </tr>
      <tr>
        <th>Adresse propre du serveur</th>
        <td><code>${call.origin}</code></td>
      </tr>
    </table>`,
  })
