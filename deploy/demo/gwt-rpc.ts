import type { Call } from './call.ts'
import { comingMeetings } from './calendar.ts'
import { SPECIALTIES } from './data.ts'
import { longDay } from './dates.ts'
import { displayName } from './person.ts'
import { methodRefused, textReply, type Reply } from './reply.ts'
import { readBody } from './upload.ts'

/** The bootstrap script of a GWT module; by its name nobody may cache it. */
const BOOTSTRAP = `(function () {
  var box = document.getElementById('messages')
  var call = new XMLHttpRequest()
  call.open('POST', '/dcc/ui/gwtdcr/DossierService')
  call.setRequestHeader('Content-Type', 'text/x-gwt-rpc; charset=utf-8')
  call.setRequestHeader('X-GWT-Permutation', 'HostedMode')
  call.setRequestHeader('X-GWT-Module-Base', location.origin + '/dcc/ui/gwtdcr/')
  call.onload = function () {
    var text = call.responseText
    if (call.status !== 200 || text.slice(0, 4) !== '//OK') {
      box.textContent = 'Erreur de communication avec le serveur (' + call.status + ')'
      return
    }
    var strings = JSON.parse(text.slice(4)).filter(Array.isArray)[0].slice(1)
    box.className = ''
    box.textContent = ''
    strings.forEach(function (line) {
      var paragraph = document.createElement('p')
      paragraph.textContent = line
      box.appendChild(paragraph)
    })
  }
  call.send('7|0|4|' + location.origin + '/dcc/ui/gwtdcr/|0F5A3C7D1B2E4F60|fr.demo.dcr.client.DossierService|getMessages|1|2|3|4|0|')
})()
`

export const bootstrapReply = (): Reply =>
  textReply('application/javascript;charset=UTF-8', BOOTSTRAP, { 'Cache-Control': 'no-cache, no-store' })

/** A call in the manner of GWT-RPC: a string table at the end, `//OK` before it, `//EX` when something is wrong. */
export const answerRpc = async (call: Call): Promise<Reply> => {
  if (call.method !== 'POST') return methodRefused(call, 'POST')
  const body = (await readBody(call.request, 65_536))?.toString('utf8') ?? ''
  const headers = { 'Content-Disposition': 'attachment' }
  if (!body.startsWith('7|')) {
    return textReply('application/json;charset=utf-8', '//EX[1,["java.lang.SecurityException"],0,7]', headers)
  }
  const next = comingMeetings(call.now, 1)[0]
  const lines = [
    `Bonjour ${call.visitor.verified ? displayName(call.visitor) : ''}, bienvenue sur la base de démonstration.`,
    next === undefined ? '' : `Prochaine réunion : RCP ${SPECIALTIES[next.specialty].label}, ${longDay(next.day)}.`,
    'Pensez à vous déconnecter (bouton « Menu », puis « Déconnexion ») avant de quitter le poste.',
  ]
  const table = ['java.util.ArrayList/4159755760', ...lines]
  return textReply('application/json;charset=utf-8', `//OK${JSON.stringify([4, 3, 2, 3, 1, table, 0, 7])}`, headers)
}
