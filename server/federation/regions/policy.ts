import { declareApprovalPolicy, oneApprover } from '#kernel/approvals/policy.ts';
import { definePermissions } from '#kernel/authz/authz.ts';

definePermissions({
  'region:read': ['admin', 'operator', 'approver', 'auditor', 'service', 'simulation'],
  'region:register': ['admin', 'operator', 'service', 'simulation'],
  'region:heartbeat': ['admin', 'operator', 'service', 'simulation'],
  'region:rekey': ['admin', 'operator'],
  'region:operate': ['admin', 'operator'],
});

declareApprovalPolicy({
  id: 'region.admit',
  title: 'Admit a production region',
  procedures: ['regions.register'],
  when: { production: [true] },
  asked: 'For a production region',
  terms: oneApprover,
});

declareApprovalPolicy({
  id: 'region.rekey',
  title: 'Give a region other keys',
  procedures: ['regions.register'],
  when: {},
  asked: 'When none of its registered keys signed the change',
  terms: oneApprover,
});

declareApprovalPolicy({
  id: 'region.relocate',
  title: 'Change what or where a production region is',
  procedures: ['regions.register'],
  when: { production: [true] },
  asked: 'When a production region leaves production or changes its country',
  terms: oneApprover,
});
for (const [order, title] of [
  ['readmit', 'Readmit a production region'],
  ['retire', 'Retire a production region'],
] as const)
  declareApprovalPolicy({
    id: `region.${order}`,
    title,
    procedures: [`regions.${order}`],
    when: { production: [true] },
    asked: 'For a production region',
    terms: oneApprover,
  });
