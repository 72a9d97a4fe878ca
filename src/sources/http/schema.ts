// The vocabulary of the http source: what a preset (presets/NAME.yaml) is written in, and what an operator writes over it.
// For whoever writes a preset: it holds exactly these keys, and beside them `describe`, `params` (declarations: { org: { describe, default? } })
// and the defaults of the shared keys (`every`, `start`, `settle`, `overlap`, `max_window`, `sweeps`, `retention`). {{params.NAME}} may
// stand in any text of it, `url` and `auth` included. Said more exactly than elsewhere: a single item to fetch is `request: { url: "{{item.PATH}}" }`,
// the list it comes from is `items:`; `records.cut_at` is a count at which the API silently cuts a list off. {{params.NAME}} in a path is
// put in as it is; what an answer gave is percent-encoded there.
// Blocks are `z.lazy`, built when a configuration names the kind: all of them are megabytes, and live wherever this file is imported.
import { z } from 'zod'
import { duration } from '../../model/units.ts'
import { authSchema } from '../auth.ts'
import { StableSchema } from '../event-maker.ts'
import { FieldsSchema } from '../fields.ts'
import { RecordsSchema } from '../records.ts'
import { limits } from './schema-limits.ts'
import { page } from './schema-page.ts'
import { request } from './schema-request.ts'
import { memberPath, place, scalar } from './schema-words.ts'
import { TIME_FORMS } from './time-forms.ts'

const name = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'expected a name of letters, digits and "_", such as job')

const condition = z
  .record(z.string().min(1), z.union([scalar, z.array(scalar).min(1)]))
  .superRefine((places, context) => {
    for (const at of Object.keys(places))
      if (!/^(?:body|header)\./u.test(at))
        context.addIssue({ code: 'custom', path: [at], message: 'expected a place such as body.status or header.name' })
  })

const status = z.union(
  [z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/, 'expected a status such as 400, or 4xx')],
  {
    error: 'expected a status such as 400, or 4xx',
  },
)
const statuses = z.union([status, z.array(status).min(1)], {
  error: 'expected a status such as 400, or 4xx, or a list of them',
})

const errorRule = z.lazy(() =>
  z
    .strictObject({
      status: statuses.exactOptional().describe('A status, a class such as "5xx", or a list of them.'),
      header: z
        .record(z.string(), scalar)
        .exactOptional()
        .describe('Headers and their values, upper and lower case alike.'),
      body: z
        .record(z.string(), z.union([scalar, z.array(scalar).min(1)]))
        .exactOptional()
        .describe('Members of a JSON answer and what they equal: { success: false }, { errors.0.code: [70, 71] }.'),
      body_contains: z.string().min(1).exactOptional().describe('Text in the answer, upper and lower case alike.'),
      do: z
        .enum(['throttle', 'retry', 'deny', 'too_wide', 'expired', 'skip'])
        .describe(
          'throttle: wait as the answer says. retry: back off. deny: a person must act. too_wide: read narrower windows. expired: the cursor is no longer good. skip: there is nothing to read here.',
        ),
      send: request
        .exactOptional()
        .describe('With throttle and retry: sent once before it is tried again, such as to start a subscription.'),
      after: duration({ min: '1s', max: '1d' })
        .exactOptional()
        .describe('With throttle and retry: how long to wait where the answer does not say.'),
      say: z.string().max(300).exactOptional().describe('What a person should do.'),
    })
    .refine(
      ({ status, header, body, body_contains: text }) => status ?? header ?? body ?? text,
      'expected status, header, body or body_contains beside `do`',
    )
    .refine(({ send, do: what }) => !send || what === 'throttle' || what === 'retry', {
      path: ['send'],
      error: 'only with do: throttle or retry',
    }),
)

const step = z.lazy(() =>
  z.strictObject({
    name: name.describe('How templates call it: {{steps.NAME.body.id}}.'),
    request: request.describe('What is asked.'),
    until: condition
      .exactOptional()
      .describe('Asked again until these places hold these values: { body.status: completed }.'),
    fail: condition.exactOptional().describe('These values mean that it failed.'),
    every: duration({ min: '100ms', max: '1h' })
      .exactOptional()
      .describe('Between two questions of `until`. Default 5s.'),
    timeout: duration({ min: '1s', max: '1d' })
      .exactOptional()
      .describe('How long `until` may take in all; then narrower windows are tried. Default 10m.'),
  }),
)

const items = z.lazy(() =>
  z.strictObject({
    request: request.describe('Asks for the list.'),
    at: place.exactOptional().describe('Where the list stands in the answer. Default body.'),
    id: memberPath
      .exactOptional()
      .describe(
        'The member that tells an item from every other, so that reading goes on behind it. Default: its content.',
      ),
    page: page.exactOptional().describe('How the list goes on, in the words of `page`.'),
  }),
)

const fanOut = z.lazy(() =>
  z.strictObject({
    over: z
      .union([
        z.array(scalar).min(1).max(10_000),
        z.strictObject({
          request: request.describe('Asks for the values.'),
          at: place.exactOptional().describe('Where the list stands. Default body.'),
          id: memberPath
            .exactOptional()
            .describe('The member of each entry that is the value; without it the entry itself.'),
        }),
      ])
      .describe('The values, or a request that lists them.'),
    as: name.exactOptional().describe('Another name for {{part}} in templates.'),
  }),
)

const records = z.lazy(() =>
  RecordsSchema.safeExtend({
    cut_at: z
      .int()
      .min(1)
      .exactOptional()
      .describe('A page of so many records was cut off by the API: narrower windows are read instead.'),
  }),
)

const time = z.lazy(() =>
  z.strictObject({
    format: z.enum(TIME_FORMS).exactOptional().describe('How {{from}} and {{to}} are written. Default rfc3339_ms.'),
    bounds: z
      .enum(['half_open', 'inclusive', 'exclusive'])
      .exactOptional()
      .describe(
        'Whether the API includes what lies exactly on {{from}} and {{to}}: half_open includes the first alone. Default half_open.',
      ),
    of: z
      .enum(['occurrence', 'arrival'])
      .exactOptional()
      .describe(
        'What the times are of: when events occurred, or when the API made them available, so that they are older than the window and not late for that. Default occurrence.',
      ),
  }),
)

export const definitionShape = {
  url: z.string().min(1).describe('The base address. Credentials go to its origin alone.'),
  auth: z
    .lazy(() => authSchema())
    .exactOptional()
    .describe('Who we are.'),
  request: request.describe('What is asked for each window, or by each pull of a feed.'),
  time: time.exactOptional().describe('How the API takes times.'),
  mode: z
    .enum(['window', 'feed'])
    .exactOptional()
    .describe(
      'window: closed windows of time. feed: the API gives a cursor in the order in which it stored the events. Default window where {{from}} is used, else feed.',
    ),
  page: page.exactOptional().describe('How a list goes on. Default: an answer is all there is.'),
  records: records.exactOptional().describe('Where the records are in an answer.'),
  event: FieldsSchema.describe('Which part of a record becomes which field of the event.'),
  stable: StableSchema.exactOptional().describe('What tells two versions of a record apart.'),
  limits: limits.exactOptional().describe('How fast the API may be asked, and where it says how long to wait.'),
  errors: z
    .array(errorRule)
    .max(50)
    .exactOptional()
    .describe('What answers mean, 200 included; the first rule that fits counts.'),
  steps: z
    .array(step)
    .max(8)
    .exactOptional()
    .describe('Requests before `request`, for each window: create, poll, download.'),
  items: items.exactOptional().describe('A list whose items are fetched one after the other by `request`.'),
  backfill: z
    .strictObject({
      request: request.describe('With {{from}} and {{to}}.'),
      page: page.exactOptional().describe('Default: an answer is all there is.'),
      time: time.exactOptional().describe('Default: as in `time`.'),
    })
    .exactOptional()
    .describe(
      'With mode: feed: another request that can read a window of time, for backfills. Not needed where `request` has {{from}} and {{to}}.',
    ),
  fan_out: fanOut.exactOptional().describe('The same once for each value, each with progress of its own.'),
  follow: z
    .strictObject({
      hosts: z
        .array(
          z
            .string()
            .regex(
              /^(?:\*\.)?[a-z0-9.-]+(?::\d{1,5})?$/iu,
              'expected a host such as files.example.com or *.example.com',
            ),
        )
        .exactOptional()
        .describe('Hosts besides that of `url` to which next links and downloads may lead, without credentials.'),
    })
    .exactOptional()
    .describe('Where addresses from answers may lead. Default: the origin of `url` alone.'),
}

/** A whole definition: what a preset and a file make together. */
export const definitionSchema = z.lazy(() => z.strictObject(definitionShape))
export type Definition = z.output<typeof definitionSchema>
export type StepGiven = z.output<typeof step>
export type ItemsGiven = z.output<typeof items>
export type ErrorRule = z.output<typeof errorRule>
export type RecordsGiven = z.output<typeof records>
