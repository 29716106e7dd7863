import type { Call } from '../call.ts'
import { html, type Html } from '../html.ts'
import { layout } from './layout.ts'

/** Server-sent events, WebSocket and XHR side by side, to see that they pass through the gate. */
export const livePage = (call: Call): Html =>
  layout(call, {
    title: 'Activité en direct',
    section: 'direct',
    body: html`
      <div class="columns">
        <div class="box">
          <h2>Événements du serveur (SSE)</h2>
          <ul id="events" class="log"></ul>
        </div>
        <div class="box">
          <h2>Messagerie instantanée (WebSocket)</h2>
          <form id="chat" class="line">
            <input type="text" id="chat-text" value="Bonjour" aria-label="Message" /> <button>Envoyer</button>
          </form>
          <ul id="chat-log" class="log"></ul>
        </div>
        <div class="box">
          <h2>Appels en arrière-plan (XHR)</h2>
          <p class="line">
            <button type="button" data-xhr="/dcc/api/poll">Relever</button>
            <button type="button" data-xhr="/dcc/api/patients?q=sein">Chercher « sein »</button>
            <button type="button" data-xhr="/dcc/api/presence" data-method="POST">Présence (204)</button>
          </p>
          <ul id="xhr-log" class="log"></ul>
        </div>
      </div>
      <script src="/dcc/static/live.js"></script>
    `,
  })
