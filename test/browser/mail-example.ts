import {
  groupCode,
  type CodeMailModel,
  type NoticeMailModel,
  type PasswordMailModel,
  type ResetLinkMailModel,
} from '../../src/mail/messages.ts'
import type { Language } from '../../src/render/messages.ts'

/** The mail with a code, as an invented person receives it. */
export const codeMailModel = (language: Language): CodeMailModel => ({
  language,
  siteName: 'Dossier Communicant de Cancérologie',
  siteShortName: 'DCC',
  networkName: 'Réseau régional de cancérologie',
  code: '482913',
  codeGrouped: groupCode('482913'),
  lifetimeMinutes: 10,
  until: '14:42',
  requestedAt: language === 'fr' ? '23 novembre 2026 à 14:32' : '23 November 2026 at 14:32',
  address: '192.0.2.44',
  device: 'Firefox, Windows',
  origin: 'https://dcc.example.test',
  support: {
    name: language === 'fr' ? 'Votre référent RCP' : 'Your RCP referent',
    phone: '01 99 00 12 34',
    email: 'referent.rcp@example.test',
    hours: language === 'fr' ? 'Du lundi au vendredi, de 9 h à 17 h' : 'Monday to Friday, 9 am to 5 pm',
  },
})

/** What the mails about a password say. */
export const passwordMailModel = (language: Language): PasswordMailModel => {
  const {
    code: _code,
    codeGrouped: _grouped,
    lifetimeMinutes: _lifetime,
    until: _until,
    ...frame
  } = codeMailModel(language)
  return { ...frame, login: 'z.oeuvrard' }
}

/** What the mails say that tell of a change. */
export const noticeMailModel = (
  language: Language,
  kind: NoticeMailModel['kind'],
  by: NoticeMailModel['by'] = 'person',
): NoticeMailModel => {
  const { requestedAt: happenedAt, ...model } = passwordMailModel(language)
  return {
    ...model,
    ...(by === 'support' ? { address: '', device: '' } : {}),
    kind,
    by,
    newAddress: kind === 'address-changed' ? 'z***.o***@hopital.example.test' : '',
    factor: kind === 'factor-added' ? "Application d'authentification : Téléphone professionnel" : '',
    happenedAt,
    link: kind === 'address-changed' ? '' : 'https://dcc.example.test/_portillon/not-me?link=Zk3vQ8rT1yPw5LxNn0cJ7u',
    until: language === 'fr' ? '26 novembre 2026 à 14:32' : '26 November 2026 at 14:32',
  }
}

export const resetLinkMailModel = (language: Language): ResetLinkMailModel => ({
  ...passwordMailModel(language),
  link: 'https://dcc.example.test/_portillon/password/reset?link=Zk3vQ8rT1yPw5LxNn0cJ7uSbAeHdGm2f',
  until: '15:02',
  lifetimeMinutes: 30,
})
