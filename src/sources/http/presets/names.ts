// The presets by name: the files beside this one. The schema names them before any is read.

export const PRESET_NAMES = [
  '1password',
  'atlassian',
  'auth0',
  'cloudflare',
  'cockroachdb-cloud',
  'entra',
  'entra-sign-ins',
  'github',
  'gitlab',
  'google-workspace',
  'keycloak',
  'microsoft-365',
  'okta',
  'pagerduty',
  'slack',
  'stripe',
  'terraform-cloud',
] as const
export type PresetName = (typeof PRESET_NAMES)[number]
