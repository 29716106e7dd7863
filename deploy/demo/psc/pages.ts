import { html, type Html } from '../html.ts'
import type { PscPerson } from './people.ts'

const page = (title: string, content: Html): string =>
  html`<!doctype html>
    <html lang="fr">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          body {
            max-width: 30rem;
            margin: 2rem auto;
            padding: 0 1rem;
            font:
              1rem/1.5 system-ui,
              sans-serif;
          }
          button {
            display: block;
            width: 100%;
            min-height: 44px;
            margin: 8px 0;
            font: inherit;
          }
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`.markup

/** Where somebody says who they are; a real one asks the card or the telephone. */
export const peoplePage = (action: string, people: readonly PscPerson[]): string =>
  page(
    'Imitation de Pro Santé Connect',
    html`<p>Démonstration, sans lien avec le vrai service. Qui êtes-vous ?</p>
      <form method="post" action="${action}">
        ${people.map(
          ({ nationalId, givenName, familyName }) =>
            html`<button name="person" value="${nationalId}">${givenName} ${familyName} (${nationalId})</button>`,
        )}
        <button name="cancel" value="yes">Annuler</button>
      </form>`,
  )

/** Signing out needs no question where the client has shown whom it is about. */
export const signingOutPage = (form: string): string =>
  page(
    'Déconnexion de Pro Santé Connect (imitation)',
    html`${{ markup: form }}<button form="op.logoutForm" name="logout" value="yes" autofocus>Se déconnecter</button>
      <script>
        document.querySelector('button').click()
      </script>`,
  )

export const errorPage = (error: string): string => page('Imitation de Pro Santé Connect', html`<p>${error}</p>`)
