import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { EVENTS } from '../audit/events.ts'
import {
  ANSWER_REFUSALS,
  FRAMING_REFUSALS,
  HEAD_REFUSALS,
  TARGET_REFUSALS,
  UNREADABLE,
  type Refusal,
} from '../lib/ambiguous.ts'
import { toJsonSchema } from '../lib/settings/json-schema.ts'
import { callClaimsSchema } from '../methods/contextual-call/claims.ts'
import { CALL_REASONS } from '../methods/contextual-call/reasons.ts'
import { siteSchema } from '../policy/schema.ts'
import { variablesOf } from './environment.ts'
import { renderExample } from './example.ts'
import { renderEvents, renderReference, renderRefusals, renderVariables } from './reference.ts'
import { configSchema } from './schema.ts'

/** Settings without a default that the example shows in use, because an instance of real life has them. */
const IN_USE = new Set(['store.redis', 'database.url', 'smtp'])

/** Stands for the names that a file gives. */
const ANY_NAME = { '<name>': {} }

const exampleHead = `# Instance file of Portillon: where the gate listens and what it leans on. Every setting is here with its default.
# Made from src/config/schema.ts by \`npm run generate\`: copy it, then change the copy.
#
# Check it, and the site files that it names, before every start: portillon check config.yaml
# Relative file names start from the folder of this file. Secrets belong into files of mode 0600 (\`…-file\` settings).
`

const reference = (): string => {
  const config = toJsonSchema(configSchema)
  return `# Reference of the settings

Made from \`src/config/schema.ts\` and \`src/policy/schema.ts\` by \`npm run generate\`; do not edit it by hand.

\`portillon check FILE…\` checks instance and site files: every fault at once, with file, line, value, what is allowed and the remedy.
Unknown settings are errors. Durations are a whole number and a unit (\`ms\`, \`s\`, \`m\`, \`h\`, \`d\`). Days begin and end at midnight in Paris.
« – » means: may be left out.

## Instance file

Where the gate listens and what it leans on; \`portillon serve --config FILE\`. A commented example is \`config.example.yaml\`.
Relative file names start from the folder of the file. A secret belongs into a file of its own, named by the \`…-file\` setting; a file that
holds a secret must be readable by the service alone (mode 0600), or by its group too where systemd or Kubernetes hand it over (mode 0440).

${renderReference(config)}
### Environment

A variable wins over the instance file. Lists cannot be given this way. A variable that begins like a section and sets nothing is an error,
except what orchestrators set for their services (\`…_SERVICE_HOST\`, \`…=tcp://…\`).

Blocks under a name (\`directories\`, \`legacy-tables\`) are set so where the file has them; \`<NAME>\` is that name in capitals, \`_\` for \`-\`.

${renderVariables(variablesOf(config, { directories: ANY_NAME, 'legacy-tables': ANY_NAME }))}

## Site file

One site: its public address, the application behind it, the ways in, the rules. Editors check it against \`policies/schema.json\`.
\`theme.logo\`, \`templates\` and \`upstream.ca\` start from the folder of the file. Cases in \`cases/<site>.yaml\` beside it run with \`portillon check\`.

A rule's path pattern is judged on the decoded path, from its first character to its last; the query never counts. \`/x\` is that path alone,
\`/x/**\` is \`/x\`, \`/x/\` and everything below, \`*\` stands for characters of one segment. Upper and lower case differ.
An \`anyone\` rule opens GET and HEAD only, unless it names methods, and never a path in another spelling than the plain one.

${renderReference(toJsonSchema(siteSchema))}`
}

const events = (): string => `# Events of the audit trail

Made from \`src/audit/events.ts\` by \`npm run generate\`; do not edit it by hand.

Everything that the gate records, and nothing else. The runbook says how to read, keep, check and hand out the trail.

${renderEvents(EVENTS)}
`

/** By our own word; two codes of the parser may be one thing to us. */
const unreadable = (): Readonly<Record<string, Refusal>> =>
  Object.fromEntries(Object.values(UNREADABLE).map((refusal) => [refusal.key, refusal]))

const refusals = (): string => `# What is refused before any rule is asked, and why

Made from \`src/lib/ambiguous.ts\` by \`npm run generate\`; do not edit it by hand.

What two readers could understand differently is refused, because the gate would judge one request and the application would serve
another. No setting loosens it. The reason stands in the log line of the refusal (\`detail\`), \`portillon explain\` says it of an address.

## The address

${renderRefusals(TARGET_REFUSALS)}

## The request line and the headers

${renderRefusals(HEAD_REFUSALS)}

## Where the body ends

${renderRefusals(FRAMING_REFUSALS)}

## What cannot be read as a request

The parser of Node says these, and is never asked to be lenient; the log has its own code beside ours. The connection ends with the answer,
because nobody knows where the next request on it would begin.

${renderRefusals(unreadable())}

## Answers of the application

${renderRefusals(ANSWER_REFUSALS)}

The parser of undici refuses in answers what Node's refuses in requests.
`

const editorSchema = (): string =>
  `${JSON.stringify({ title: 'Site file of Portillon', ...z.toJSONSchema(siteSchema, { io: 'input', target: 'draft-7' }) }, null, 2)}\n`

const callSchema = (): string =>
  `${JSON.stringify({ title: 'Claims of a contextual call', ...z.toJSONSchema(callClaimsSchema, { io: 'input', target: 'draft-7' }) }, null, 2)}\n`

const callReasons = (): string => `# Why a contextual call opened nothing, and what to do

Made from \`src/methods/contextual-call/reasons.ts\` by \`npm run generate\`; do not edit it by hand.

The user reads one page for all of them, with a reference. The reason stands in the audit trail (\`call.refused\`); \`portillon contextual-call
explain REFERENCE\` says it with these words, and the page does to a partner under integration (\`test: true\`).

| reason | what it means, what to do |
|---|---|
${Object.entries(CALL_REASONS)
  .map(([reason, means]) => `| \`${reason}\` | ${means} |`)
  .join('\n')}
`

/** Every file that is made from the schemas and the list of events, by its name from the top of the project. */
export const generatedFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['policies/schema.json', editorSchema()],
    ['deploy/config.example.yaml', `${exampleHead}\n${renderExample(toJsonSchema(configSchema), IN_USE)}\n`],
    ['deploy/reference.md', `${reference().trimEnd()}\n`],
    ['deploy/events.md', events()],
    ['deploy/refusals.md', refusals()],
    ['deploy/contextual-call.schema.json', callSchema()],
    ['deploy/contextual-call-reasons.md', callReasons()],
  ])

if (import.meta.main) {
  for (const [file, content] of generatedFiles()) writeFileSync(new URL(`../../${file}`, import.meta.url), content)
}
