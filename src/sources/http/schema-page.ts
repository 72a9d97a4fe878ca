// The `page:` block: how a list goes on behind its first page, and how it ends.
import { z } from 'zod'
import { bodyOrHeader, intoPlace, nextPlace, scalar } from './schema-words.ts'

export const PAGE_TYPES = ['none', 'link', 'token', 'next_url', 'number', 'offset', 'last_id'] as const
export const ENDS = ['missing', 'empty', 'same', 'short_page', 'empty_page'] as const

const laterRequest = z.lazy(() =>
  z.strictObject({
    query: z
      .record(z.string().min(1), z.union([scalar, z.array(scalar)]))
      .exactOptional()
      .describe('Instead of the query.'),
    headers: z.record(z.string(), scalar).exactOptional().describe('Instead of the headers.'),
    body: z.record(z.string(), z.unknown()).exactOptional().describe('Instead of the body.'),
    form: z.record(z.string(), scalar).exactOptional().describe('Instead of the form.'),
  }),
)

const counted = () => ({
  size: z
    .int()
    .min(1)
    .max(100_000)
    .exactOptional()
    .describe('Records in a full page: {{size}}, and what short_page and offset go by.'),
  first: z.int().min(0).max(1).exactOptional().describe('The number of the first page. Default 1.'),
  total_pages: bodyOrHeader.exactOptional().describe('With number: where the count of all pages stands.'),
  total: bodyOrHeader
    .exactOptional()
    .describe(
      'With number and offset: where the count of all records stands. When it changes during a walk the rows have shifted, and the walk begins anew.',
    ),
})

/** The `page:` block. */
export const page = z.lazy(() =>
  z.strictObject({
    type: z
      .enum(PAGE_TYPES)
      .describe(
        'none: one answer. link: the Link header. token: a cursor in the answer. next_url: an address in the answer. number: pages are counted. offset: records are counted. last_id: the id of the last record.',
      ),
    next: nextPlace
      .exactOptional()
      .describe(
        'Where the cursor or address of the next page stands: body.next_cursor, header.NextPageUri, link, record.last.id. Default link with `type: link`.',
      ),
    into: intoPlace
      .exactOptional()
      .describe(
        'Where the cursor, page number or offset goes: query.cursor, body.cursor, header.X-Cursor. Not needed where a template holds {{cursor}}, {{page}} or {{offset}}.',
      ),
    request: laterRequest
      .exactOptional()
      .describe(
        'What the requests for all further pages hold instead of what `request` says: { body: { cursor: "{{cursor}}" } }.',
      ),
    ...counted(),
    more: bodyOrHeader.exactOptional().describe('A place that says false (or 0) when there is nothing more.'),
    end: z
      .array(z.enum(ENDS))
      .exactOptional()
      .describe(
        'Signals that end a list, besides missing and empty (no cursor, or an empty one), which always do. Default empty_page with number, offset, last_id and keep; same with keep.',
      ),
    keep: z
      .boolean()
      .exactOptional()
      .describe('The last cursor is where the next pull begins. Only, and always, with mode: feed.'),
    max_pages: z.int().min(1).max(100_000).exactOptional().describe('A window of more pages is halved. Default 1000.'),
    order: z
      .enum(['asc', 'desc', 'any'])
      .exactOptional()
      .describe(
        'In which order the API lists: for people; nothing depends on it, because windows are closed. Default any.',
      ),
  }),
)
export type PageGiven = z.output<typeof page>
