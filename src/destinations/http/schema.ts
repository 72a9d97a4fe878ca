// What an operator may write of an http destination, and what a preset is written in: the same words. Defaults come later, because a
// preset has some of its own.
import { z } from 'zod'
import { duration, size } from '../../model/units.ts'
import { connectionShape } from '../../runtime/connection-options.ts'
import { extraHeaders, httpUrl, isHeaderName, isHeaderValue, isOurHeader } from '../../runtime/http-options.ts'
import { signingShape } from '../signing.ts'
import { PRESET_NAMES } from './presets/names.ts'

const headerName = z.string().superRefine((name, context) => {
  if (!isHeaderName(name)) context.addIssue('not a valid header name')
  else if (isOurHeader(name.toLowerCase())) context.addIssue(`the relay sets the header ${name.toLowerCase()} itself`)
})

const headerText = z
  .string()
  .refine(isHeaderValue, 'holds a line break or another character that a header cannot carry')
const secretText = z
  .string()
  .min(1)
  .refine(isHeaderValue, 'holds a line break or another character that a header cannot carry')
const templateText = z.string().max(65_536)

const body = z.strictObject({
  form: z
    .enum(['single', 'array', 'lines', 'template'])
    .exactOptional()
    .describe('One event a request, a JSON array, a JSON object a line, or templates. Default array.'),
  key: z.string().min(1).exactOptional().describe('With array: the array becomes this member of an object.'),
  template: z
    .strictObject({
      event: templateText.exactOptional().describe('Around one event: {"time":{{occurred_at_ms}},"log":{{event}}}'),
      batch: templateText.exactOptional().describe('Around all of them: {"logs":[{{events}}]}. Default {{events}}.'),
      separator: z.string().max(64).exactOptional().describe('Between two events. Default: nothing.'),
    })
    .exactOptional(),
  content_type: headerText.exactOptional().describe('Default application/json; with lines application/x-ndjson.'),
  stream: z
    .boolean()
    .exactOptional()
    .describe('Whether `stream` is added to each event; without it an event has the same bytes at each attempt.'),
})

const auth = z.strictObject({
  token: secretText.exactOptional().describe('Sent as authorization: Bearer TOKEN, or as header and prefix say.'),
  header: headerName.exactOptional().describe('The header of the token. Default authorization.'),
  prefix: headerText.exactOptional().describe('What stands before the token. Default "Bearer " in authorization.'),
  username: z.string().exactOptional().describe('Basic authentication.'),
  password: z.string().exactOptional(),
  token_url: httpUrl.exactOptional().describe('Where a token is had for client_id and client_secret (OAuth 2.0).'),
  client_id: z.string().min(1).exactOptional(),
  client_secret: z.string().min(1).exactOptional(),
  service_account: z
    .string()
    .exactOptional()
    .describe('The JSON key of a Google service account: "${file:/run/secrets/key.json}".'),
  scope: z.string().exactOptional().describe('What the token is asked for.'),
})

const statuses = z
  .array(
    z.union([z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/, 'expected a status such as 400, or 4xx')], {
      error: 'expected a status such as 400, or 4xx',
    }),
  )
  .min(1)

const answerBody = z.strictObject({
  path: z
    .string()
    .regex(/^[^.]{1,64}(\.[^.]{1,64}){0,7}$/, 'expected names with full stops between, such as result.status')
    .describe('A member of a JSON answer: result.status, errors.0.code.'),
  equals: z.union([z.string(), z.number(), z.boolean()]),
})

/** What is asked of an answer; all that is given must hold. */
const answer = {
  status: statuses.exactOptional(),
  body_contains: z.string().min(1).exactOptional().describe('Text in the answer, upper and lower case alike.'),
  body: answerBody.exactOptional(),
}

const rule = z
  .strictObject({
    ...answer,
    verdict: z.enum(['delivered', 'retry', 'reject', 'split', 'halt']),
    code: z
      .string()
      .regex(/^[a-z][a-z0-9_]{1,39}$/, 'expected a short word of a-z, 0-9 and "_"')
      .exactOptional()
      .describe('How it is called in status and dead letters. Default http_STATUS.'),
    advice: z.string().max(200).exactOptional().describe('What a person should do.'),
  })
  .refine(
    ({ status, body_contains: text, body: member }) => status ?? text ?? member,
    'expected status, body_contains or body beside the verdict',
  )

export const httpFile = z.strictObject({
  preset: z.enum(PRESET_NAMES).exactOptional().describe('Options for a known receiver; what stands beside it wins.'),
  method: z.enum(['POST', 'PUT']).exactOptional().describe('Default POST.'),
  url: httpUrl.exactOptional().describe('The whole address.'),
  headers: extraHeaders.exactOptional(),
  body: body.exactOptional().describe('What a request holds.'),
  values: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'expected a name of letters, digits, "_", "." and "-"'),
      z.string('expected text; write a number with quotation marks'),
    )
    .exactOptional()
    .describe('Texts for {{value.NAME}} and {{values}} in templates.'),
  auth: auth.exactOptional().describe('Who we are.'),
  gzip: z.boolean().exactOptional().describe('Compress bodies. Default false.'),
  batch: z.int().min(1).max(50_000).exactOptional().describe('Events in one request. Default 500.'),
  max_bytes: size({ min: '1KiB', max: '1GiB' }).exactOptional().describe('The largest body, before compression.'),
  max_event_bytes: size({ min: '256B', max: '1GiB' })
    .exactOptional()
    .describe('A larger event is not sent but becomes a dead letter.'),
  max_age: duration({ min: '1m' }).exactOptional().describe('How old an event may be for this receiver.'),
  old_events: z
    .enum(['send', 'dead_letter'])
    .exactOptional()
    .describe('What becomes of older ones. send: the template dates them at their sending. Default dead_letter.'),
  success: z.strictObject(answer).exactOptional().describe('What an answer is when it was taken. Default: any 2xx.'),
  rules: z.array(rule).max(50).exactOptional().describe('What other answers mean; the first that fits counts.'),
  id_header: headerName.exactOptional().describe('A header that is the same for each attempt at the same events.'),
  ...signingShape,
  ...connectionShape,
})

/** As it is written. */
export type HttpFile = z.input<typeof httpFile>
/** Checked, without defaults. */
export type HttpGiven = z.output<typeof httpFile>
export type AuthGiven = NonNullable<HttpGiven['auth']>
export type RuleGiven = NonNullable<HttpGiven['rules']>[number]
export type AnswerGiven = NonNullable<HttpGiven['success']>
