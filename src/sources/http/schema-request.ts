// The `request:` block: what is asked.
import { z } from 'zod'
import { scalar } from './schema-words.ts'

const queryValue = z.union([scalar, z.array(scalar)], {
  error: 'expected a text, a number, true, false or a list of them',
})

/** One request; its texts are templates. */
export const request = z.lazy(() =>
  z.strictObject({
    method: z.enum(['GET', 'POST']).exactOptional().describe('Default GET; POST where there is a body or a form.'),
    path: z
      .string()
      .exactOptional()
      .describe('Behind the path of `url`: /api/v1/logs. Placeholders in it are percent-encoded.'),
    url: z
      .string()
      .exactOptional()
      .describe(
        'Instead of path: a whole address that an answer gave, such as {{item.contentUri}}; `follow` says where it may lead.',
      ),
    query: z
      .record(z.string().min(1), queryValue)
      .exactOptional()
      .describe('Parameters of the address; one whose placeholder has no value yet, such as {{cursor}}, is left out.'),
    headers: z
      .record(z.string(), scalar)
      .exactOptional()
      .describe('Headers besides those of `auth`. Default: accept and user-agent.'),
    body: z
      .record(z.string(), z.unknown())
      .exactOptional()
      .describe('Sent as JSON; a text that is one placeholder alone keeps its type.'),
    form: z.record(z.string(), scalar).exactOptional().describe('Sent as application/x-www-form-urlencoded.'),
  }),
)
export type RequestGiven = z.output<typeof request>
