import type { Call } from '../call.ts'
import { comingMeetings } from '../calendar.ts'
import { findPatient, SPECIALTIES, type Patient } from '../data.ts'
import { longDay } from '../dates.ts'
import { html, type Html } from '../html.ts'
import { layout } from './layout.ts'
import { patientName } from './patients.ts'

const meetingRows = (call: Call): Html[] =>
  comingMeetings(call.now, 6).map((meeting) => {
    const { label, time, room } = SPECIALTIES[meeting.specialty]
    return html`<tr>
      <td>${longDay(meeting.day)}</td>
      <td>${time}</td>
      <td><a href="rcp.jsp?id=${meeting.id}">RCP ${label}</a></td>
      <td>${room}</td>
      <td class="number">${meeting.patients.length}</td>
    </tr>`
  })

const recentRows = (call: Call): Html[] => {
  const recent = call.session.recent
    .map((id) => findPatient(String(id)))
    .filter((patient): patient is Patient => patient !== undefined)
  if (recent.length === 0) return [html`<li>Aucun dossier ouvert pendant cette session.</li>`]
  return recent.map(
    (patient) => html`<li><a class="icon person" href="patient.jsp?id=${patient.id}">${patientName(patient)}</a></li>`,
  )
}

/** `GwtDCR.jsp`: the host page; its message box is filled by a GWT-RPC call of the bootstrap script. */
export const portalPage = (call: Call): Html => {
  // As `response.encodeURL` does until the cookie has come back once.
  const suffix = call.session.isNew ? `;jsessionid=${call.session.id}` : ''
  return layout(call, {
    title: 'Accueil',
    section: 'accueil',
    body: html`
      <iframe src="javascript:''" id="__gwt_historyFrame" title="" tabindex="-1" hidden></iframe>
      <div class="columns">
        <div class="box wide">
          <h2>Prochaines réunions (RCP)</h2>
          <table class="grid">
            <thead>
              <tr>
                <th>Jour</th>
                <th>Heure</th>
                <th>Réunion</th>
                <th>Lieu</th>
                <th>Dossiers</th>
              </tr>
            </thead>
            <tbody>
              ${meetingRows(call)}
            </tbody>
          </table>
        </div>
        <div class="box">
          <h2>Rechercher un patient</h2>
          <form action="/dcc/ui/patients.jsp${suffix}" method="get" class="line">
            <input type="text" name="q" aria-label="Nom ou numéro" /> <button type="submit">Rechercher</button>
          </form>
          <h2>Derniers dossiers ouverts</h2>
          <ul class="plain">
            ${recentRows(call)}
          </ul>
        </div>
        <div class="box wide">
          <h2>Messages du DCC</h2>
          <div id="messages" class="loading">Chargement…</div>
        </div>
        <div class="box">
          <h2>Accès rapides</h2>
          <ul class="plain">
            <li><a class="icon people" href="/dcc/ui/patients.jsp${suffix}">Liste des patients</a></li>
            <li>
              <a class="icon person" href="/dcc/ui/patient.jsp?id=1024&amp;onglet=rcp&amp;q=a+b%20c%26d#historique-3"
                >Un lien profond vers un dossier</a
              >
            </li>
            <li><a class="icon hourglass" href="/dcc/slow?wait=3000">Édition lente (3 secondes)</a></li>
          </ul>
        </div>
      </div>
      <script src="gwtdcr/gwtdcr.nocache.js"></script>
    `,
  })
}
