// Advice for what goes wrong most often.
import { expect, it } from 'vitest'
import { hints } from '../../../../src/destinations/sentinel/hints.ts'

it.each([
  ['oauth_invalid_client', 'AADSTS7000215: Invalid client secret', /^Was the \*value\*/],
  ['oauth_invalid_client', 'AADSTS7000222: expired', /^Has it expired/],
  ['oauth_unauthorized_client', 'AADSTS700016: not found', /tenant_id/],
  ['oauth_invalid_request', 'AADSTS90002: Tenant not found', /tenant_id/],
  ['oauth_invalid_scope', '', /National clouds/],
  ['identity_http_400', 'http://169.254.169.254 gave no token', /Is this a machine in Azure/],
  ['unreachable', 'http://169.254.169.254: connection refused', /Is this a machine in Azure/],
  ['broken', 'https://x: no token was had: it answered 200', /authority/],
  ['http_403', '', /Monitoring Metrics Publisher/],
  ['http_404', '', /immutable id/],
  ['http_400', '', /stream/],
  ['not_azure', '', /not Azure/],
])('%s %s', (code, text, expected) => {
  expect(hints({ code, text })[0]).toMatch(expected)
})

it('leaves to the general advice what it knows no better', () => {
  expect(hints({ code: 'tls', text: 'x' })).toEqual([])
})
