// The `audit:` of a configuration: what the relay audits of itself beyond the usual.
import { asMap, check, checkKeys, type Piece, refuseReferences } from './check.ts'
import type { AuditConfig } from './config.ts'
import { auditShape } from './shared-schema.ts'

/** With defaults in place; faults are told. */
export function readAudit(piece: Piece): AuditConfig {
  const written = piece.value === undefined ? {} : asMap(piece, 'a map that says what is audited')
  if (!written) return { delivered: 'off' }
  refuseReferences({ ...piece, value: written })
  checkKeys({ ...piece, value: written }, Object.keys(auditShape.shape))
  return { delivered: check(auditShape, { ...piece, value: written })?.delivered ?? 'off' }
}
