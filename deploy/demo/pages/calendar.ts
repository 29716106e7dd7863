import type { Call } from '../call.ts'
import { weekAt, type Meeting } from '../calendar.ts'
import { SPECIALTIES } from '../data.ts'
import { longDay, shortDay } from '../dates.ts'
import { html, type Html } from '../html.ts'
import { layout } from './layout.ts'
import { patientName } from './patients.ts'

const card = (meeting: Meeting): Html => {
  const { label, time, room, coordinator } = SPECIALTIES[meeting.specialty]
  return html`<a class="meeting ${meeting.specialty}" href="rcp.jsp?id=${meeting.id}">
    <b>${time}</b> RCP ${label}<br />${room}<br />${coordinator}<br /><i>${meeting.patients.length} dossier(s)</i>
  </a>`
}

export const calendarPage = (call: Call): Html => {
  const asked = Number.parseInt(call.query.get('semaine') ?? '0', 10)
  const offset = Number.isNaN(asked) ? 0 : Math.min(Math.max(asked, -52), 52)
  const week = weekAt(call.now, offset)
  return layout(call, {
    title: 'Calendrier des RCP',
    section: 'calendrier',
    toolbar: html`<a href="calendrier.jsp?semaine=${offset - 1}">&lt; Semaine précédente</a>
      <b>Semaine du ${shortDay(week.monday)}</b>
      <a href="calendrier.jsp?semaine=${offset + 1}">Semaine suivante &gt;</a>
      <a href="calendrier.jsp">Cette semaine</a>`,
    body: html`<div class="week">
      ${week.days.map(
        ({ day, meetings }) =>
          html`<div class="day">
            <h2>${longDay(day)}</h2>
            ${meetings.map(card)}
          </div>`,
      )}
    </div>`,
  })
}

export const meetingPage = (call: Call, meeting: Meeting): Html => {
  const { label, time, room, coordinator } = SPECIALTIES[meeting.specialty]
  return layout(call, {
    title: `RCP ${label}`,
    section: 'calendrier',
    toolbar: html`<b>${longDay(meeting.day)}</b> à ${time}, ${room} - coordination : ${coordinator}`,
    body: html`<table class="grid full">
      <thead>
        <tr>
          <th>Ordre</th>
          <th>Patient</th>
          <th>Maladie</th>
          <th>Stade</th>
          <th>Présenté par</th>
          <th>Note</th>
        </tr>
      </thead>
      <tbody>
        ${meeting.patients.map(
          (patient, index) =>
            html`<tr>
              <td class="number">${index + 1}</td>
              <td><a href="patient.jsp?id=${patient.id}&amp;onglet=rcp">${patientName(patient)}</a></td>
              <td>${patient.disease}</td>
              <td>${patient.stage}</td>
              <td>${patient.referent}</td>
              <td><a href="patient.jsp?id=${patient.id}&amp;onglet=rcp#note">Ajouter</a></td>
            </tr>`,
        )}
      </tbody>
    </table>`,
  })
}
