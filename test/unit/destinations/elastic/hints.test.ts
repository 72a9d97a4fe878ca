// What a person is told to check.
import { expect, it } from 'vitest'
import { elastic } from '../../../../src/destinations/elastic/index.ts'
import { opensearch } from '../../../../src/destinations/opensearch/index.ts'

it.each([
  [elastic, 'http_403', '', /create_doc and auto_configure/],
  [opensearch, 'http_403', '', /es:ESHttpPost/],
  [elastic, 'index_not_found_exception', '', /index template/],
  [elastic, 'http_400', '', /require_data_stream: false/],
  [opensearch, 'illegal_argument_exception', '', /ids: false/],
  [opensearch, 'mapper_parsing_exception', '', /names the field/],
  [elastic, 'illegal_argument_exception', 'pipeline with id [x] does not exist', /_ingest\/pipeline/],
])('$type: %s %s', (kind, code, text, advice) => {
  expect(kind.hints?.({ code, text }).join('\n')).toMatch(advice)
})

it('nothing where the general advice will do', () => {
  for (const kind of [elastic, opensearch]) expect(kind.hints?.({ code: 'unreachable', text: '' })).toEqual([])
})
