import type { Call } from '../call.ts'
import { html, type Html } from '../html.ts'
import type { Received } from '../upload.ts'
import { layout } from './layout.ts'

const receipt = (received: Received): Html =>
  html`<div class="box" id="receipt">
    <h2>Document reçu</h2>
    <table class="form">
      <tr>
        <th>Nom</th>
        <td>${received.name}</td>
      </tr>
      <tr>
        <th>Taille</th>
        <td><span id="size">${received.size}</span> octets</td>
      </tr>
      <tr>
        <th>SHA-256</th>
        <td><code id="sha256">${received.sha256}</code></td>
      </tr>
    </table>
  </div>`

export const documentsPage = (call: Call, received?: Received): Html =>
  layout(call, {
    title: 'Documents',
    section: 'documents',
    body: html`
      ${received === undefined ? '' : receipt(received)}
      <div class="columns">
        <div class="box">
          <h2>Déposer un document</h2>
          <form action="/dcc/upload" method="post" enctype="multipart/form-data" class="line">
            <input type="file" name="document" aria-label="Document" required /> <button type="submit">Déposer</button>
          </form>
          <p class="quiet">Le document n’est pas conservé ; sa taille et son empreinte sont affichées.</p>
        </div>
        <div class="box">
          <h2>Télécharger</h2>
          <ul class="plain">
            <li><a class="icon file" href="/dcc/download?type=pdf">Modèle de compte rendu (PDF)</a></li>
            <li><a class="icon file" href="/dcc/download?type=csv&amp;size=2000000">Export des RCP (CSV, 2 Mo)</a></li>
          </ul>
        </div>
      </div>
    `,
  })
