import { latin1 } from '../bytes.ts'
import type { Call } from '../call.ts'
import type { Patient } from '../data.ts'
import { frenchMoment, shortDay } from '../dates.ts'
import { html, type Html } from '../html.ts'
import { layout } from './layout.ts'
import { patientName } from './patients.ts'

/** Small pages of their own shape. */

export const slowPage = (call: Call, waited: number): Html =>
  layout(call, {
    title: 'Édition lente',
    section: 'accueil',
    body: html`<p>L’édition a demandé <b id="waited">${waited}</b> millisecondes.</p>`,
  })

export const loggedOutPage = (): Html =>
  html`<!DOCTYPE html>
    <html lang="fr">
      <head>
        <meta charset="UTF-8" />
        <title>Déconnexion - DCC</title>
        <link rel="stylesheet" href="/dcc/static/dcc.css" />
      </head>
      <body class="container-page">
        <h1>Vous êtes déconnecté du DCC.</h1>
        <p><a href="/dcc/">Revenir à l'accueil</a></p>
      </body>
    </html>`

/** Printed by the oldest part of the application, in ISO-8859-1: the gate must not touch its bytes. */
export const printPage = (call: Call, patient: Patient): Html =>
  html`<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
    <html lang="fr">
      <head>
        <meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1" />
        <title>Dossier ${patient.id}</title>
      </head>
      <body>
        <h1>${patientName(patient)}</h1>
        <p>Né(e) le ${shortDay(patient.born)}. ${patient.disease}, ${patient.stage}.</p>
        <ul>
          ${patient.history.map((entry) => html`<li>${shortDay(entry.date)} : ${entry.act}, ${entry.place}</li>`)}
        </ul>
        <p>Édité le ${frenchMoment(call.now)}.</p>
      </body>
    </html>`

/** Its bytes: what ISO-8859-1 cannot write (œ, ’) becomes a character reference. */
export const printBytes = (page: Html): Buffer =>
  Buffer.from(
    latin1(page.markup, (codePoint) => `&#${codePoint};`),
    'latin1',
  )
