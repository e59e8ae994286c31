import type { PolicyRow } from '#server/policy/hub/schema.ts';

/** How each kind is called, what it decides, and a document to begin with. */
export const policyKindNames: Record<PolicyRow['kind'], { label: string; says: string; example: object }> = {
  residency: {
    label: 'Residency',
    says: 'In which regions and countries data of a class may live or be processed. Strict.',
    example: { rules: [{ dataClasses: ['personal', 'health'], allowedCountries: ['DE', 'IE'] }] },
  },
  consent: {
    label: 'Consent',
    says: 'For which purposes data may be used. What is not granted is denied. Strict.',
    example: { granted: ['analytics'], denied: ['sharing'] },
  },
  access: {
    label: 'Access',
    says: 'Which roles may do what to which resources. A denying rule wins; tenants’ tokens keep to it. Strict.',
    example: { rules: [{ effect: 'allow', roles: ['operator'], actions: ['read*'], resources: ['*'] }] },
  },
  retention: {
    label: 'Retention',
    says: 'How long data of a class is kept.',
    example: { defaultDays: 30, rules: [{ dataClass: 'health', days: 7 }] },
  },
  'rate-limit': {
    label: 'Rate limit',
    says: 'How often a purpose may be served in a minute.',
    example: { limits: [{ purpose: 'ingest*', perMinute: 6000, burst: 600 }] },
  },
  routing: {
    label: 'Routing',
    says: 'By what requests choose among the regions that residency leaves open.',
    example: { strategy: 'latency', maxLatencyMs: 250 },
  },
  autonomy: {
    label: 'Autonomy',
    says: 'Which actions may happen without a person, per tier of risk.',
    example: {
      tiers: { low: 'auto', medium: 'approve', high: 'approve', critical: 'deny' },
      actions: { scale: { maxFactor: 3 } },
      globalThreshold: 0.2,
    },
  },
};
