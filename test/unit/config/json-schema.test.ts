import { expect, test } from 'vitest'
import { exportJsonSchema } from '../../../src/config/json-schema.ts'
import { kinds } from './kinds.ts'

type Json = { [key: string]: Json }
const schema = exportJsonSchema(kinds) as Json
const entries = (group: string) =>
  schema['properties']?.[group]?.['additionalProperties']?.['oneOf'] as unknown as Json[]

test('knows every kind, its keys and the shared ones', () => {
  expect(entries('sources').map((entry) => entry['properties']?.['type'])).toEqual([
    { const: 'spool' },
    { const: 'trail' },
  ])
  expect(entries('destinations').map((entry) => entry['properties']?.['type'])).toEqual([
    { const: 'hook' },
    { const: 'folder' },
  ])
  const hook = entries('destinations')[0] as Json
  expect(Object.keys(hook['properties'] as Json)).toEqual(
    expect.arrayContaining(['url', 'secret', 'batch', 'filter', 'retry', 'timeout', 'start']),
  )
  expect(hook['required']).toEqual(['type', 'url'])
  expect(hook['additionalProperties']).toBe(false)
})

test('describes what is written, not what it becomes', () => {
  expect(entries('sources')[0]?.['properties']?.['every']).toMatchObject({
    type: 'string',
    pattern: '^([0-9]{1,15})(ms|s|m|h|d)$',
  })
  expect(entries('sources')[0]?.['required']).toEqual(['type', 'path'])
})

test('offers the keys of a schedule and of windows', () => {
  const properties = entries('sources')[1]?.['properties'] as Json
  expect(Object.keys(properties)).toEqual(expect.arrayContaining(['cron', 'start', 'settle', 'max_window', 'sweeps']))
})

test('can be read as JSON', () => {
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema')
})
