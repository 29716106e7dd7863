import type { Call } from '../call.ts'
import { comingMeetings, today } from '../calendar.ts'
import { SPECIALTIES, type Patient } from '../data.ts'
import { ageOn, frenchMoment, longDay, shortDay } from '../dates.ts'
import { html, type Html } from '../html.ts'
import type { Note } from '../notes.ts'
import { layout } from './layout.ts'
import { patientName } from './patients.ts'

const TABS = { identite: 'Identité', historique: 'Historique', rcp: 'RCP', documents: 'Documents' } as const
type Tab = keyof typeof TABS

const identity = (patient: Patient): Html =>
  html`<table class="form">
    <tr>
      <th>Nom de naissance</th>
      <td>${patient.familyName}</td>
    </tr>
    <tr>
      <th>Prénom</th>
      <td>${patient.givenName}</td>
    </tr>
    <tr>
      <th>Sexe</th>
      <td>${patient.sex === 'F' ? 'Féminin' : 'Masculin'}</td>
    </tr>
    <tr>
      <th>Date de naissance</th>
      <td>${shortDay(patient.born)}</td>
    </tr>
    <tr>
      <th>Maladie</th>
      <td>${patient.disease} (${patient.stage})</td>
    </tr>
    <tr>
      <th>Médecin référent</th>
      <td>${patient.referent}, ${patient.structure}</td>
    </tr>
  </table>`

const historyRows = (patient: Patient): Html =>
  html`<table class="grid full">
    <thead>
      <tr>
        <th>Date</th>
        <th>Événement</th>
        <th>Lieu</th>
        <th>Résumé</th>
      </tr>
    </thead>
    <tbody>
      ${patient.history.map(
        (entry, index) =>
          html`<tr id="historique-${patient.history.length - index}">
            <td>${shortDay(entry.date)}</td>
            <td>${entry.act}</td>
            <td>${entry.place}</td>
            <td>${entry.summary}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

const noteRows = (notes: readonly Note[]): Html[] =>
  notes.length === 0
    ? [html`<p class="quiet">Aucune note pour ce dossier.</p>`]
    : notes.map(
        (note) =>
          html`<div class="note" id="note-${note.number}">
            <b>${note.author}</b>, ${frenchMoment(note.at)}<br /><span>${note.text}</span>
          </div>`,
      )

const meetings = (call: Call, patient: Patient, notes: readonly Note[]): Html => {
  const next = comingMeetings(call.now, 20).find((meeting) => meeting.patients.includes(patient))
  return html`
    <h2>Prochaine présentation</h2>
    <p>
      ${
        next === undefined
          ? 'Non inscrit dans les deux semaines à venir.'
          : html`<a href="rcp.jsp?id=${next.id}">RCP ${SPECIALTIES[next.specialty].label}</a>, ${longDay(next.day)} à
              ${SPECIALTIES[next.specialty].time}`
      }
    </p>
    <h2>Notes de RCP</h2>
    ${noteRows(notes)}
    <form action="/dcc/ui/rcp-note.jsp" method="post" class="note-form">
      <input type="hidden" name="patient" value="${patient.id}" />
      <label for="note">Ajouter une note pour la prochaine réunion</label>
      <textarea id="note" name="note" rows="5" cols="80" required></textarea>
      <button type="submit">Enregistrer la note</button>
    </form>
    <h2>Historique</h2>
    ${historyRows(patient)}
  `
}

const documents = (patient: Patient): Html =>
  html`<ul class="plain">
    <li>
      <a class="icon file" href="/dcc/download?type=pdf&amp;id=${patient.id}">Compte rendu de RCP (PDF)</a>
    </li>
    <li><a class="icon file" href="/dcc/download?type=csv&amp;id=${patient.id}&amp;size=20000">Fiche DCC (CSV)</a></li>
    <li><a class="icon printer" href="impression.jsp?id=${patient.id}">Version imprimable</a></li>
  </ul>`

const tabBody = (call: Call, tab: Tab, patient: Patient, notes: readonly Note[]): Html => {
  switch (tab) {
    case 'identite':
      return identity(patient)
    case 'historique':
      return historyRows(patient)
    case 'rcp':
      return meetings(call, patient, notes)
    case 'documents':
      return documents(patient)
  }
}

const tabNames = Object.keys(TABS) as Tab[]

/** One patient's record. The foot shows the address exactly as it arrived: a deep link must come through whole. */
export const patientPage = (call: Call, patient: Patient, notes: readonly Note[]): Html => {
  const tab = tabNames.find((name) => name === call.query.get('onglet')) ?? 'identite'
  const search = call.query.get('q')
  return layout(call, {
    title: `Dossier ${patient.id} - ${patientName(patient)}`,
    section: 'patients',
    toolbar: html`<span class="patient-line"
      ><b>${patientName(patient)}</b>, ${patient.sex}, né(e) le ${shortDay(patient.born)}
      (${ageOn(patient.born, today(call.now))} ans) - ${patient.disease}, ${patient.stage}</span
    >`,
    body: html`
      <div class="tabs">
        ${tabNames.map(
          (name) =>
            html`<a href="patient.jsp?id=${patient.id}&amp;onglet=${name}" class="${name === tab ? 'open' : ''}"
              >${TABS[name]}</a
            >`,
        )}
      </div>
      <div class="tab-body">${tabBody(call, tab, patient, notes)}</div>
      <div class="paging">
        Adresse reçue par le DCC : <code id="received">${call.rawUrl}</code>${
          search === null ? '' : html` - recherche dans le dossier : <code id="search">${search}</code>`
        }
      </div>
    `,
  })
}
