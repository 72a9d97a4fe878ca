// What the YAML of an outbox may say, and how its relative paths are settled.
import { resolve, sep } from 'node:path'
import { z } from 'zod'
import { size } from '../../model/units.ts'
import { FieldsSchema, type Fields } from '../fields.ts'
import { isGlob } from './glob.ts'

/** What happens to a spool file once every destination has settled its events. */
export type OnDone = 'keep' | 'delete' | { readonly move: string }

export interface OutboxOptions {
  /** A file, a pattern, or a folder into which finished files are renamed. Absolute after `settle`. */
  readonly path: string
  readonly fields?: Fields | undefined
  readonly on_done: OnDone
  /** Longest line, bytes. */
  readonly max_line: number
}

const PathText = z
  .string()
  .min(1, 'expected a path')
  .refine((path) => !path.includes('\0'), 'a path cannot hold a NUL character')

export const OutboxOptionsSchema = z
  .strictObject({
    path: PathText.describe('A file, a pattern (*, ?, **), or a folder into which finished files are renamed'),
    fields: FieldsSchema.optional().describe('Where the parts of an event stand in a record of another shape'),
    on_done: z
      .union([z.literal('keep'), z.literal('delete'), z.strictObject({ move: PathText })], {
        error: 'expected keep, delete or { move: FOLDER }',
      })
      .default('keep')
      .describe('What happens to a spool file once every destination has settled its events'),
    max_line: size({ min: '1KiB', max: '16MiB' }).prefault('1MiB').describe('Longer lines are quarantined'),
  })
  .superRefine((options, context) => {
    const fault = faultOf(options)
    if (fault) context.addIssue({ code: 'custom', path: ['on_done'], message: fault })
  })

function faultOf(options: OutboxOptions): string | undefined {
  if (options.on_done === 'keep') return undefined
  if (isGlob(options.path)) return 'on_done is for a spool folder: only there is a file known to be finished'
  if (options.on_done !== 'delete' && resolve(options.on_done.move) === resolve(options.path))
    return 'the folder to move to is the spool folder itself, where the file would be read again'
  return undefined
}

/** Makes the paths absolute. A trailing slash, which says "a folder", stays. */
export function settleOptions(options: OutboxOptions, folder: string): OutboxOptions {
  const path = resolve(folder, options.path) + (/[^/]\/$/u.test(options.path) ? sep : '')
  const onDone = options.on_done
  return { ...options, path, on_done: typeof onDone === 'string' ? onDone : { move: resolve(folder, onDone.move) } }
}
