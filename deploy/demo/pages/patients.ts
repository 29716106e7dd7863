import type { Call } from '../call.ts'
import { searchPatients, SPECIALTIES, type Patient } from '../data.ts'
import { shortDay } from '../dates.ts'
import { html, type Html } from '../html.ts'
import { layout } from './layout.ts'

export const patientName = (patient: Patient): string => `${patient.familyName} ${patient.givenName}`

const row = (patient: Patient): Html =>
  html`<tr>
    <td class="number">${patient.id}</td>
    <td><a href="patient.jsp?id=${patient.id}">${patientName(patient)}</a></td>
    <td>${patient.sex}</td>
    <td>${shortDay(patient.born)}</td>
    <td>${patient.disease}</td>
    <td>${SPECIALTIES[patient.specialty].label}</td>
    <td>${patient.referent}</td>
    <td>${patient.structure}</td>
  </tr>`

export const patientsPage = (call: Call): Html => {
  const search = call.query.get('q') ?? ''
  const found = searchPatients(search)
  return layout(call, {
    title: 'Liste des patients',
    section: 'patients',
    toolbar: html`<form action="/dcc/ui/patients.jsp" method="get" class="line">
      <label for="q">Nom, n° de dossier ou maladie :</label>
      <input type="text" id="q" name="q" value="${search}" size="28" /> <button type="submit">Rechercher</button>
      <a href="/dcc/ui/patients.jsp">Tout afficher</a>
    </form>`,
    body: html`
      <table class="grid full" id="patients">
        <thead>
          <tr>
            <th>N° dossier</th>
            <th>Patient</th>
            <th>Sexe</th>
            <th>Né(e) le</th>
            <th>Maladie</th>
            <th>RCP</th>
            <th>Médecin référent</th>
            <th>Établissement</th>
          </tr>
        </thead>
        <tbody>
          ${found.map(row)}
        </tbody>
      </table>
      <div class="paging">${found.length} dossier(s) affiché(s) - page 1 sur 1</div>
    `,
  })
}
