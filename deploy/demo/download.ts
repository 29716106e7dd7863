import { latin1, repeated } from './bytes.ts'
import type { Call } from './call.ts'
import { findPatient, PATIENTS } from './data.ts'
import { frenchMoment } from './dates.ts'
import { patientName } from './pages/patients.ts'
import { generatePdf, type Generated } from './pdf.ts'
import { errorReply, type Reply } from './reply.ts'

const HEAD = 'numero;patient;maladie;referent\r\n'
const ROWS = latin1(
  PATIENTS.map((patient) => `${patient.id};${patientName(patient)};${patient.disease};${patient.referent}\r\n`).join(
    '',
  ),
  () => '?',
)

const generateCsv = (size: number): Generated => {
  const blocks = function* (): Generator<Buffer> {
    yield Buffer.from(HEAD.slice(0, size), 'latin1')
    yield* repeated(ROWS, size - HEAD.length)
  }
  return { size, blocks: blocks() }
}

const pdfLines = (call: Call): string[] => {
  const patient = findPatient(call.query.get('id'))
  return [
    'Réseau régional de démonstration',
    'Dossier Communicant de Cancérologie',
    '',
    patient === undefined ? 'Modèle de compte rendu' : `Compte rendu de RCP - ${patientName(patient)}`,
    patient === undefined ? '' : `${latin1(patient.disease, () => '?')}, ${patient.stage}`,
    '',
    `Édité le ${frenchMoment(call.now)}. Document fictif.`,
  ]
}

/** `?type=csv|pdf&size=`: bytes made on the way, any number of them, without holding them. */
export const downloadReply = (call: Call): Reply => {
  const size = Number(call.query.get('size') ?? '4096')
  if (!Number.isSafeInteger(size) || size < 0) return errorReply(call, 400, 'Taille incorrecte')
  const isPdf = call.query.get('type') === 'pdf'
  const name = isPdf ? 'Compte rendu de réunion.pdf' : 'Fiche DCC région.csv'
  const generated = isPdf ? generatePdf(pdfLines(call), size) : generateCsv(size)
  return {
    status: 200,
    headers: {
      'Content-Type': isPdf ? 'application/pdf' : 'text/csv;charset=ISO-8859-1',
      // A bare ISO-8859-1 byte in a header, as old applications write it: the gate has to carry it unchanged. It stands
      // before the length because Node writes this one field wrongly after it.
      'Content-Disposition': `attachment; filename="${name}"; filename*=UTF-8''${encodeURIComponent(name)}`,
      'Content-Length': generated.size,
    },
    body: generated.blocks,
  }
}
