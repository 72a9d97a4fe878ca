// The fake audit APIs with documented records (test/golden/source-presets), and what stands in a file that reads them with a preset.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Window } from '../../src/sources/source.ts'
import { type CloudflareRecord, FakeCloudflare } from './audit-apis/cloudflare.ts'
import { type CockroachRecord, FakeCockroachCloud } from './audit-apis/cockroachdb-cloud.ts'
import { FakeGitHub, type GitHubRecord } from './audit-apis/github.ts'
import { FakeGitLab, type GitLabRecord } from './audit-apis/gitlab.ts'
import { FakeGoogleWorkspace, type GoogleRecord } from './audit-apis/google-workspace.ts'
import { FakeGraph } from './audit-apis/graph.ts'
import { FakeKeycloak, type KeycloakRecord } from './audit-apis/keycloak.ts'
import { type Blob, FakeMicrosoft365 } from './audit-apis/microsoft-365.ts'
import { FakePagerDuty, type PagerDutyRecord } from './audit-apis/pagerduty.ts'
import { FakeSlack, type SlackRecord } from './audit-apis/slack.ts'
import { FakeStripe, type StripeRecord } from './audit-apis/stripe.ts'
import { FakeTerraformCloud, type TerraformRecord } from './audit-apis/terraform-cloud.ts'
import type { AuditApi } from './preset-server.ts'

const folder = new URL('../golden/source-presets/', import.meta.url)
const scratch = mkdtempSync(join(tmpdir(), 'presets-'))
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** Removes the key file that was written. */
export function removeScratch(): void {
  rmSync(scratch, { recursive: true, force: true })
}

/** The records of a preset, as its vendor's documents show them. */
export function records<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`${name}/records.json`, folder), 'utf8')) as readonly T[]
}

/** A preset that reads windows. */
export interface PresetCase {
  readonly api: () => AuditApi
  readonly options: (url: string) => object
  readonly window: Window
  readonly nowMs: number
  /** Which request of the second reading is cut off in the middle of its answer. */
  readonly cutAt: number
}

export const at = (text: string): number => Date.parse(text)
const tenant = '11111111-2222-3333-4444-555555555555'
const entraAuth = (url: string) => ({
  client_id: '66666666-7777-8888-9999-000000000000',
  client_secret: 's3cret',
  token_url: `${url}/${tenant}/oauth2/v2.0/token`,
})

function serviceAccount(url: string): string {
  const file = join(scratch, 'google.json')
  const private_key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' })
  const account = {
    type: 'service_account',
    client_email: 'relay@project.iam.gserviceaccount.com',
    private_key,
    token_uri: `${url}/token`,
  }
  writeFileSync(file, JSON.stringify(account))
  return file
}

export const WINDOW_PRESETS: Readonly<Record<string, PresetCase>> = {
  github: {
    api: () => new FakeGitHub(records<GitHubRecord>('github'), at('2020-12-03T00:00:00Z')),
    options: (url) => ({
      preset: 'github',
      url,
      params: { name: 'octo-corp' },
      auth: { type: 'bearer', token: 'ghp_token' },
    }),
    window: { from: at('2020-11-18T17:05:48.837Z'), to: at('2020-12-02T17:24:34.513Z') },
    nowMs: at('2020-12-03T00:00:00Z'),
    cutAt: 2,
  },
  gitlab: {
    api: () => new FakeGitLab(records<GitLabRecord>('gitlab')),
    options: (url) => ({
      preset: 'gitlab',
      url,
      auth: { type: 'header', headers: { 'PRIVATE-TOKEN': 'glpat-token' } },
    }),
    window: { from: at('2019-08-22T16:34:25.639Z'), to: at('2019-08-30T07:00:41.886Z') },
    nowMs: at('2019-09-01T00:00:00Z'),
    cutAt: 2,
  },
  'google-workspace': {
    api: () => new FakeGoogleWorkspace(records<GoogleRecord>('google-workspace'), publicKey),
    options: (url) => ({
      preset: 'google-workspace',
      url,
      auth: { key_file: serviceAccount(url), subject: 'admin@example.com' },
    }),
    window: { from: at('2011-06-17T15:39:18.460Z'), to: at('2011-06-17T15:41:00.001Z') },
    nowMs: at('2011-06-18T00:00:00Z'),
    cutAt: 2,
  },
  'microsoft-365': {
    api: () => new FakeMicrosoft365(records<Blob>('microsoft-365'), at('2015-06-30T00:00:00Z')),
    options: (url) => ({
      preset: 'microsoft-365',
      url: `${url}/api/v1.0/${tenant}/activity/feed`,
      params: { tenant },
      auth: entraAuth(url),
    }),
    window: { from: at('2015-06-29T21:09:30Z'), to: at('2015-06-29T21:20:30Z') },
    nowMs: at('2015-06-30T00:00:00Z'),
    cutAt: 4,
  },
  entra: {
    api: () => new FakeGraph(records('entra'), 'directoryAudits'),
    options: (url) => ({ preset: 'entra', url, params: { tenant }, auth: entraAuth(url) }),
    window: { from: at('2018-01-09T21:00:00Z'), to: at('2018-01-09T22:00:00Z') },
    nowMs: at('2018-01-10T00:00:00Z'),
    cutAt: 2,
  },
  'entra-sign-ins': {
    api: () => new FakeGraph(records('entra-sign-ins'), 'signIns', 1),
    options: (url) => ({ preset: 'entra-sign-ins', url, params: { tenant }, auth: entraAuth(url) }),
    window: { from: at('2020-03-13T19:00:00Z'), to: at('2020-03-13T20:00:00Z') },
    nowMs: at('2020-03-14T00:00:00Z'),
    cutAt: 2,
  },
  slack: {
    api: () => new FakeSlack(records<SlackRecord>('slack'), at('2018-03-17T00:00:00Z')),
    options: (url) => ({ preset: 'slack', url, auth: { type: 'bearer', token: 'xoxp-token' } }),
    window: { from: at('2018-03-16T15:32:23.000Z'), to: at('2018-03-16T15:33:20.500Z') },
    nowMs: at('2018-03-17T00:00:00Z'),
    cutAt: 2,
  },
  cloudflare: {
    api: () => new FakeCloudflare(records<CloudflareRecord>('cloudflare')),
    options: (url) => ({
      preset: 'cloudflare',
      url: `${url}/client/v4`,
      params: { account: '4bb334f7c94c4a29a045f03944f072e5' },
      auth: { type: 'bearer', token: 'cf-token' },
    }),
    window: { from: at('2024-04-26T17:31:07.000Z'), to: at('2024-04-26T17:40:00.001Z') },
    nowMs: at('2024-04-27T00:00:00Z'),
    cutAt: 2,
  },
  keycloak: {
    api: () => new FakeKeycloak(records<KeycloakRecord>('keycloak'), 2),
    options: (url) => ({
      preset: 'keycloak',
      params: { url, realm: 'acme' },
      auth: { client_id: 'relay', client_secret: 's3cret' },
    }),
    window: { from: at('2025-03-26T11:00:00.123Z'), to: at('2025-03-26T11:01:00.001Z') },
    nowMs: at('2025-03-27T00:00:00Z'),
    cutAt: 2,
  },
  stripe: {
    api: () => new FakeStripe(records<StripeRecord>('stripe'), at('2023-06-07T00:00:00Z')),
    options: (url) => ({ preset: 'stripe', url, auth: { type: 'bearer', token: 'rk_live_key' } }),
    window: { from: at('2023-06-06T22:19:30.000Z'), to: at('2023-06-06T22:21:40.500Z') },
    nowMs: at('2023-06-07T00:00:00Z'),
    cutAt: 2,
  },
  'terraform-cloud': {
    api: () => new FakeTerraformCloud(records<TerraformRecord>('terraform-cloud')),
    options: (url) => ({ preset: 'terraform-cloud', url, auth: { type: 'bearer', token: 'org-token' } }),
    window: { from: at('2020-06-30T17:52:46.000Z'), to: at('2020-06-30T17:54:10.001Z') },
    nowMs: at('2020-07-01T00:00:00Z'),
    cutAt: 2,
  },
  pagerduty: {
    api: () => new FakePagerDuty(records<PagerDutyRecord>('pagerduty')),
    options: (url) => ({
      preset: 'pagerduty',
      url,
      auth: { type: 'header', headers: { Authorization: 'Token token=pd-key' } },
    }),
    window: { from: at('2020-06-04T15:20:00.000Z'), to: at('2020-06-04T15:30:16.273Z') },
    nowMs: at('2020-06-05T00:00:00Z'),
    cutAt: 2,
  },
  'cockroachdb-cloud': {
    api: () => new FakeCockroachCloud(records<CockroachRecord>('cockroachdb-cloud')),
    options: (url) => ({ preset: 'cockroachdb-cloud', url, auth: { type: 'bearer', token: 'cc-key' } }),
    window: { from: at('2022-10-09T02:40:00.262Z'), to: at('2022-10-09T02:41:00.001Z') },
    nowMs: at('2022-10-10T00:00:00Z'),
    cutAt: 2,
  },
}
