import { setTimeout as wait } from 'node:timers/promises'
import type { Call } from './call.ts'
import { findMeeting, weekAt } from './calendar.ts'
import { findPatient, searchPatients } from './data.ts'
import { downloadReply } from './download.ts'
import { eventsReply } from './events.ts'
import { answerRpc, bootstrapReply } from './gwt-rpc.ts'
import type { Html } from './html.ts'
import type { Notes } from './notes.ts'
import { adminPage, type ServerState } from './pages/admin.ts'
import { calendarPage, meetingPage } from './pages/calendar.ts'
import { documentsPage } from './pages/documents.ts'
import { livePage } from './pages/live.ts'
import { patientPage } from './pages/patient.ts'
import { patientsPage } from './pages/patients.ts'
import { loggedOutPage, printBytes, printPage, slowPage } from './pages/plain.ts'
import { portalPage } from './pages/portal.ts'
import { whoami, whoamiPage } from './pages/whoami.ts'
import { displayName } from './person.ts'
import {
  emptyReply,
  errorReply,
  jsonReply,
  methodRefused,
  pageReply,
  redirectTo,
  textReply,
  wantsJson,
  type Handler,
} from './reply.ts'
import { readBody, receiveDocument } from './upload.ts'

export interface RouteParts {
  readonly notes: Notes
  readonly state: () => ServerState
  readonly endSession: (id: string) => void
}

const NOTE_LIMIT = 1024 * 1024
const LONGEST_WAIT = 120_000

const reading =
  (handle: Handler): Handler =>
  (call) =>
    call.method === 'GET' || call.method === 'HEAD' ? handle(call) : methodRefused(call, 'GET, HEAD')

const posting =
  (handle: Handler): Handler =>
  (call) =>
    call.method === 'POST' ? handle(call) : methodRefused(call, 'POST')

const page = (build: (call: Call) => Html): Handler => reading((call) => pageReply(build(call)))

const goTo = (path: string): Handler => reading((call) => redirectTo(call, 302, path))

const openPatient =
  (notes: Notes): Handler =>
  (call) => {
    const patient = findPatient(call.query.get('id'))
    if (patient === undefined) return errorReply(call, 404, 'Dossier inconnu')
    const { recent } = call.session
    recent.splice(0, recent.length, ...[patient.id, ...recent.filter((id) => id !== patient.id)].slice(0, 5))
    return pageReply(patientPage(call, patient, notes.of(patient.id)))
  }

/** Post, then 303 to the record with an absolute address and a fragment. */
const addNote =
  (notes: Notes): Handler =>
  async (call) => {
    const body = await readBody(call.request, NOTE_LIMIT)
    if (body === undefined) return errorReply(call, 413, 'Note trop longue', { Connection: 'close' })
    const form = new URLSearchParams(body.toString('utf8'))
    const patient = findPatient(form.get('patient'))
    const text = (form.get('note') ?? '').trim()
    if (patient === undefined || text === '') return errorReply(call, 400, 'Note incomplète')
    const author = call.visitor.verified ? displayName(call.visitor) : 'identité non vérifiée'
    const { number } = notes.add({ patient: patient.id, author, at: call.now, text })
    return redirectTo(call, 303, `/dcc/ui/patient.jsp?id=${patient.id}&onglet=rcp#note-${number}`)
  }

const upload: Handler = async (call) => {
  const received = await receiveDocument(call.request)
  if (received === 413) return errorReply(call, 413, 'Document trop volumineux', { Connection: 'close' })
  if (received === 400) return errorReply(call, 400, 'Formulaire sans document')
  return wantsJson(call) ? jsonReply(received) : pageReply(documentsPage(call, received))
}

const slow: Handler = async (call) => {
  const asked = Number(call.query.get('wait') ?? '3000')
  const time = Number.isFinite(asked) ? Math.min(Math.max(asked, 0), LONGEST_WAIT) : 0
  await wait(time, undefined, { ref: false })
  return pageReply(slowPage(call, time))
}

const print: Handler = (call) => {
  const patient = findPatient(call.query.get('id'))
  if (patient === undefined) return errorReply(call, 404, 'Dossier inconnu')
  return textReply('text/html;charset=ISO-8859-1', printBytes(printPage(call, patient)))
}

const meeting: Handler = (call) => {
  const found = findMeeting(call.query.get('id'))
  if (found === undefined) return errorReply(call, 404, 'Réunion inconnue')
  return pageReply(meetingPage(call, found))
}

const patientsJson: Handler = (call) =>
  jsonReply(
    searchPatients(call.query.get('q') ?? '').map(({ id, familyName, givenName, disease }) => ({
      id,
      familyName,
      givenName,
      disease,
    })),
  )

const calendarJson: Handler = (call) =>
  jsonReply(
    weekAt(call.now, 0).days.flatMap(({ meetings }) =>
      meetings.map(({ id, day, specialty, patients }) => ({ id, day, specialty, patients: patients.map((p) => p.id) })),
    ),
  )

/** Every address of the application but its public folder. */
export const createRoutes = ({ notes, state, endSession }: RouteParts): ReadonlyMap<string, Handler> =>
  new Map<string, Handler>([
    ['/', goTo('/dcc/')],
    ['/dcc', goTo('/dcc/')],
    ['/dcc/', goTo('/dcc/ui/GwtDCR.jsp')],
    ['/dcc/ui/GwtDCR.jsp', page(portalPage)],
    ['/dcc/ui/gwtdcr/gwtdcr.nocache.js', reading(bootstrapReply)],
    ['/dcc/ui/gwtdcr/DossierService', answerRpc],
    ['/dcc/ui/patients.jsp', page(patientsPage)],
    ['/dcc/ui/patient.jsp', reading(openPatient(notes))],
    ['/dcc/ui/rcp-note.jsp', posting(addNote(notes))],
    ['/dcc/ui/impression.jsp', reading(print)],
    ['/dcc/ui/calendrier.jsp', page(calendarPage)],
    ['/dcc/ui/rcp.jsp', reading(meeting)],
    ['/dcc/ui/documents.jsp', page(documentsPage)],
    ['/dcc/ui/direct.jsp', page(livePage)],
    ['/dcc/upload', posting(upload)],
    ['/dcc/download', reading(downloadReply)],
    ['/dcc/slow', reading(slow)],
    ['/dcc/api/patients', reading(patientsJson)],
    ['/dcc/api/calendar', reading(calendarJson)],
    ['/dcc/api/poll', reading((call) => jsonReply({ time: call.now, alerts: Math.floor(call.now / 60_000) % 4 }))],
    ['/dcc/api/presence', posting(() => emptyReply(204))],
    ['/dcc/events', reading(eventsReply)],
    ['/dcc/whoami', (call) => (wantsJson(call) ? jsonReply(whoami(call)) : pageReply(whoamiPage(call)))],
    ['/dcc/admin/', page((call) => adminPage(call, state()))],
    ['/dcc/admin', goTo('/dcc/admin/')],
    [
      '/dcc/logout',
      (call) => {
        endSession(call.session.id)
        const reply = pageReply(loggedOutPage())
        return { ...reply, headers: { ...reply.headers, 'Set-Cookie': 'JSESSIONID=; Path=/dcc; Max-Age=0; HttpOnly' } }
      },
    ],
  ])
